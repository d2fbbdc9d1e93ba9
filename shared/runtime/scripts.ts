import { statSync } from 'node:fs'
import { z } from 'zod'

/** A program of the operator's that is run for every message: `scripts` in the configuration file, and nowhere else. */
const script = z.strictObject({
  name: z.string().min(1).max(100),
  /** Absolute: no search path decides what runs. */
  command: z.string().startsWith('/', 'must be an absolute path').max(1000),
  /** Given as they are, by no shell. */
  args: z.array(z.string().max(1000)).max(50).default([]),
  timeout_s: z.number().min(1).max(15).default(10),
  filter: z
    .strictObject({
      services: z.array(z.string()).max(1000).exactOptional(),
      environments: z.array(z.string()).max(1000).exactOptional(),
      severities: z.array(z.enum(['critical', 'warning'])).exactOptional(),
    })
    .nullable()
    .default(null),
})

export type Script = z.output<typeof script>

const MAX_SCRIPTS = 20

/**
 * The programs that the configuration file names.
 * @throws Error naming the entry, or the file where others than its owner may write it
 */
export function readScripts(value: unknown, file: string): Script[] {
  if (value === undefined || value === null) return []
  const parsed = z.array(script).max(MAX_SCRIPTS).safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new Error(`cannot use scripts.${issue?.path.join('.')} in ${file}: ${issue?.message}`)
  }
  const names = parsed.data.map((s) => s.name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw new Error(`cannot use scripts in ${file}: the name "${twice}" is given twice`)
  if (parsed.data.length > 0 && (statSync(file).mode & 0o022) !== 0)
    throw new Error(`cannot use scripts in ${file}: others than its owner may write it. Run \`chmod go-w ${file}\``)
  return parsed.data
}
