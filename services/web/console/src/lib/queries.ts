/** Reads of the API as hooks: one place for keys, refresh and cancelling. */
import { type Query, QueryClient, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { ApiProblem, call, type Params } from './api.ts'
import { now } from './clock.ts'
import { usePrefs } from './prefs.ts'
import { absoluteSpan, defaultRange, type Search, spanOf, spanParams, stepSeconds } from './range.ts'

export const refreshMs = 15_000

export const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      gcTime: 300_000,
      retry: (failures, error) =>
        failures < 2 && error instanceof ApiProblem && (error.status === 0 || error.status >= 500),
      refetchIntervalInBackground: false,
    },
  },
})

/** While new parameters load, the old answer of the *same* path stays; another path starts with a skeleton. */
const keepSamePath =
  <T>(path: string) =>
  (previous: T | undefined, query: Query<T, ApiProblem> | undefined): T | undefined =>
    query?.queryKey[0] === path ? previous : undefined

type Options = { enabled?: boolean; everyMs?: number | false }

/** A read without a time range; refreshed every 15 s while the page is seen and auto refresh is on. */
export function useRead<T>(path: string, params: Params = {}, options: Options = {}): UseQueryResult<T, ApiProblem> {
  const { live } = usePrefs()
  return useQuery<T, ApiProblem>({
    queryKey: [path, params],
    queryFn: ({ signal }) => call<T>(path, params, { signal }),
    enabled: options.enabled !== false,
    refetchInterval: live ? (options.everyMs ?? refreshMs) : false,
    placeholderData: keepSamePath<T>(path) as never,
  })
}

/** A read of the window in the URL: relative windows move with each refresh, absolute ones are read once. */
export function useWindowed<T>(
  path: string,
  search: Search,
  params: Params = {},
  options: Options & { step?: boolean } = {},
): UseQueryResult<T, ApiProblem> {
  const { live } = usePrefs()
  const absolute = absoluteSpan(search)
  return useQuery<T, ApiProblem>({
    queryKey: [path, params, absolute ?? search.range ?? defaultRange, options.step ?? false],
    queryFn: ({ signal }) => {
      const span = spanOf(search, now())
      const step = options.step ? { step_s: stepSeconds(span) } : {}
      return call<T>(path, { ...params, ...spanParams(span), ...step }, { signal })
    },
    enabled: options.enabled !== false,
    refetchInterval: live && !absolute ? (options.everyMs ?? refreshMs) : false,
    placeholderData: keepSamePath<T>(path) as never,
  })
}
