/** The named points at which a crash test may end the process; `no_verify` turns verification off (control runs). */
export type Failpoint =
  | 'after_log_write'
  | 'after_fsync'
  | 'before_answer'
  | 'after_answer'
  | 'after_seal'
  | 'mid_insert'
  | 'after_insert'
  | 'before_checkpoint'
  | 'mid_checkpoint'
  | 'segment_delete'
  | 'no_verify'

/** `name`, or `name:3` for the third time that the point is passed; several apart by commas. */
function parse(text: string | undefined): Map<string, number> {
  const armed = new Map<string, number>()
  for (const part of (text ?? '').split(',')) {
    const [name, times] = part.trim().split(':')
    if (name) armed.set(name, Number(times ?? 1))
  }
  return armed
}

const armed = parse(process.env.PLUMBLINE_FAILPOINT)

/** True where `PLUMBLINE_FAILPOINT` names this point. */
export const isArmed = (name: Failpoint): boolean => armed.size > 0 && armed.has(name)

/** Ends the process here, as kill -9 does, when `PLUMBLINE_FAILPOINT` says so. Costs one comparison otherwise. */
export function failpoint(name: Failpoint): void {
  if (armed.size === 0) return
  const left = armed.get(name)
  if (left === undefined) return
  if (left > 1) armed.set(name, left - 1)
  else process.kill(process.pid, 'SIGKILL')
}
