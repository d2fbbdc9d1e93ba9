/** Where all time comes from. Everything outside shared/runtime takes a Clock as an argument. */
export type Clock = {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number
  /** Resolves after `ms`, or at once when `signal` aborts (it never rejects). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Told of work under way, so that a clock which is moved by hand can wait for it before time goes on. */
  track?(work: Promise<unknown>): void
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
  /**
   * Moves time forward and wakes the sleepers whose time has come, in order. Before time goes on the work that they tracked is
   * done, or sleeps on this clock itself.
   */
  advance(ms: number): Promise<void>
}

/** A clock that moves only when told to: for tests and for replay in event time. */
export function manualClock(startMs: number): ManualClock {
  let now = startMs
  let wakes = 0
  const sleepers = new Set<{ atMs: number; wake: () => void }>()
  const busy = new Set<Promise<unknown>>()
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
  const settle = async () => {
    const wokenBefore = wakes
    await turn()
    // Work that waits for this very clock will not end before time goes on: it counts as settled.
    while (busy.size > 0 && wakes === wokenBefore) {
      const asleep = sleepers.size
      await Promise.race([Promise.allSettled(busy), turn()])
      if (busy.size > 0 && sleepers.size > asleep) break
    }
    await turn()
  }
  const sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => {
      if (signal?.aborted) return resolve()
      const wake = () => {
        sleepers.delete(entry)
        wakes += 1
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      const entry = { atMs: now + ms, wake }
      sleepers.add(entry)
      signal?.addEventListener('abort', wake, { once: true })
    })
  return {
    nowMs: () => now,
    sleep,
    track: (work) => {
      busy.add(work)
      work.finally(() => busy.delete(work)).catch(() => {})
    },
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
