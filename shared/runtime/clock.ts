/** Where all time comes from. Everything outside shared/runtime takes a Clock as an argument. */
export type Clock = {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number
  /** Resolves after `ms`, or at once when `signal` aborts (it never rejects). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const done = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal?.addEventListener('abort', done, { once: true })
    }),
}

export type ManualClock = Clock & {
  /** Moves time forward and wakes the sleepers whose time has come, in order; lets each run before the next. */
  advance(ms: number): Promise<void>
}

/** A clock that moves only when told to: for tests and for replay in event time. */
export function manualClock(startMs: number): ManualClock {
  let now = startMs
  const sleepers = new Set<{ atMs: number; wake: () => void }>()
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
  return {
    nowMs: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const wake = () => {
          sleepers.delete(entry)
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        const entry = { atMs: now + ms, wake }
        sleepers.add(entry)
        signal?.addEventListener('abort', wake, { once: true })
      }),
    async advance(ms) {
      const endMs = now + ms
      for (;;) {
        const due = [...sleepers].filter((s) => s.atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0]
        if (!due) break
        now = Math.max(now, due.atMs)
        due.wake()
        await settle()
      }
      now = endMs
      await settle()
    },
  }
}
