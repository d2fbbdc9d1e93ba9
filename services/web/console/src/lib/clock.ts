/** The console's only clock and timers; everything else takes times as arguments. */
import { useSyncExternalStore } from 'react'

const tickMs = 5_000
let nowMs = Date.now()
let timer: ReturnType<typeof setInterval> | undefined
const listeners = new Set<() => void>()

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    nowMs = Date.now()
    for (const each of listeners) each()
  }, tickMs)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }
}

/** Milliseconds since 1970, now. */
export const now = (): number => Date.now()

/** Now as state: re-renders every five seconds, for "3 min ago". */
export const useNow = (): number =>
  useSyncExternalStore(
    subscribe,
    () => nowMs,
    () => nowMs,
  )

/** Calls back once after a while; returns how to call it off. */
export function after(delayMs: number, callback: () => void): () => void {
  const id = setTimeout(callback, delayMs)
  return () => clearTimeout(id)
}
