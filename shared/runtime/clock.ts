import { AsyncLocalStorage } from 'node:async_hooks'

/** Where all time comes from. Everything outside shared/runtime takes a Clock as an argument. */
export type Clock = {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number
  /** Resolves after `ms`, or at once when `signal` aborts (it never rejects). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Runs work so that a clock which is moved by hand can wait for it before time goes on. */
  track?<T>(work: () => Promise<T>): Promise<T>
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

type Work = { sleeping: number }

/** A clock that moves only when told to: for tests and for replay in event time. */
export function manualClock(startMs: number): ManualClock {
  let now = startMs
  const sleepers = new Set<{ atMs: number; wake: () => void }>()
  const busy = new Set<Work>()
  const current = new AsyncLocalStorage<Work>()
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
  // Work that waits for this very clock will not end before time goes on: it counts as settled.
  const settle = async () => {
    do await turn()
    while ([...busy].some((work) => work.sleeping === 0))
    await turn()
  }
  const sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => {
      if (signal?.aborted) return resolve()
      const work = current.getStore()
      const wake = () => {
        sleepers.delete(entry)
        if (work) work.sleeping -= 1
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      const entry = { atMs: now + ms, wake }
      sleepers.add(entry)
      if (work) work.sleeping += 1
      signal?.addEventListener('abort', wake, { once: true })
    })
  return {
    nowMs: () => now,
    sleep,
    track: async (run) => {
      const work = { sleeping: 0 }
      busy.add(work)
      try {
        return await current.run(work, run)
      } finally {
        busy.delete(work)
      }
    },
    async advance(ms) {
      const endMs = now + ms
      for (;;) {
        await settle()
        const due = [...sleepers].filter((s) => s.atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0]
        if (!due) break
        now = Math.max(now, due.atMs)
        due.wake()
      }
      now = endMs
    },
  }
}
