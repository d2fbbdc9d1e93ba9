/** The browser tab's title: what is open, and how many services are off. */
import { useEffect, useSyncExternalStore } from 'react'

let named: string | null = null
const listeners = new Set<() => void>()

function say(name: string | null): void {
  named = name
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** For a page about one thing: the tab says which, as long as the page is open. */
export function useNamedPage(name: string): void {
  useEffect(() => {
    say(name)
    return () => say(null)
  }, [name])
}

/** Keeps the title; `fallback` is said by pages that are about no one thing. */
export function useTitle(fallback: string, regressed: number): void {
  const own = useSyncExternalStore(subscribe, () => named)
  useEffect(() => {
    document.title = `${regressed > 0 ? `(${regressed}) ` : ''}${own ?? fallback} · Plumbline`
  }, [own, fallback, regressed])
}
