/** What belongs to the viewer and not to the link: colour scheme, time zone, auto refresh. Kept in localStorage. */
import { useSyncExternalStore } from 'react'
import type { Zone } from './format.ts'

export type Theme = 'system' | 'light' | 'dark'
export type Prefs = { theme: Theme; zone: Zone; live: boolean }

const key = 'plumbline.prefs'
const listeners = new Set<() => void>()

function read(): Prefs {
  const fallback: Prefs = { theme: 'system', zone: 'local', live: true }
  try {
    const stored = JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Prefs>
    return {
      theme: stored.theme === 'light' || stored.theme === 'dark' ? stored.theme : fallback.theme,
      zone: stored.zone === 'utc' ? 'utc' : 'local',
      live: stored.live !== false,
    }
  } catch {
    return fallback
  }
}

let prefs = read()

function apply(): void {
  if (prefs.theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = prefs.theme
}

export function setPrefs(change: Partial<Prefs>): void {
  prefs = { ...prefs, ...change }
  try {
    localStorage.setItem(key, JSON.stringify(prefs))
  } catch {
    // A browser without storage keeps the choice until the page is closed.
  }
  apply()
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const usePrefs = (): Prefs => useSyncExternalStore(subscribe, () => prefs)

/** Called once, before the first paint. */
export const applyPrefs = apply

/** 'light' or 'dark', as it is on the screen now: charts draw with it. */
export function useScheme(): 'light' | 'dark' {
  const { theme } = usePrefs()
  const query = '(prefers-color-scheme: dark)'
  const dark = useSyncExternalStore(
    (listener) => {
      const media = matchMedia(query)
      media.addEventListener('change', listener)
      return () => media.removeEventListener('change', listener)
    },
    () => matchMedia(query).matches,
  )
  return theme === 'system' ? (dark ? 'dark' : 'light') : theme
}
