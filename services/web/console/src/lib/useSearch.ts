/** The URL's search as plain strings, and a way to change it. */
import { useNavigate, useSearch as useRouterSearch } from '@tanstack/react-router'
import { useCallback } from 'react'
import type { Search } from './range.ts'

export const useSearch = (): Search => useRouterSearch({ strict: false }) as Search

type Change = Record<string, string | null | undefined>

/** Sets names in the URL, null removes one; `replace` leaves no step in the history. */
export function useSetSearch(): (change: Change, replace?: boolean) => void {
  const navigate = useNavigate()
  return useCallback(
    (change, replace = false) => {
      void navigate({
        to: '.',
        replace,
        resetScroll: false,
        search: ((previous: Search) => {
          const next: Record<string, string | undefined> = { ...previous }
          // A name that is kept from page to page goes away only when it is said to be undefined.
          for (const [name, value] of Object.entries(change)) {
            if (value === null || value === undefined || value === '') next[name] = undefined
            else next[name] = value
          }
          return next
        }) as never,
      })
    },
    [navigate],
  )
}

/** Zoom of a chart: an absolute window, or back to a relative one. */
export function useZoom(): { zoom: (fromS: number, toS: number) => void; reset: () => void } {
  const set = useSetSearch()
  const zoom = useCallback(
    (fromS: number, toS: number) =>
      set({ from: new Date(fromS * 1000).toISOString(), to: new Date(toS * 1000).toISOString() }),
    [set],
  )
  const reset = useCallback(() => set({ from: null, to: null }), [set])
  return { zoom, reset }
}
