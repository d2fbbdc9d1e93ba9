/** Writes: one hook that says how it went and reads the lists again. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ApiProblem, call } from './api.ts'

type Write = { path: string; method?: 'POST' | 'PATCH' | 'DELETE'; body?: unknown }

/** `run` sends; afterwards every read on the page is asked anew. */
export function useWrite<T>(onDone?: (answer: T) => void) {
  const queries = useQueryClient()
  const mutation = useMutation<T, ApiProblem, Write>({
    mutationFn: ({ path, method = 'POST', body }) =>
      call<T>(path, {}, { method, body: method === 'DELETE' ? undefined : (body ?? {}) }),
    onSuccess: (answer) => {
      void queries.invalidateQueries()
      onDone?.(answer)
    },
  })
  return { run: mutation.mutate, busy: mutation.isPending, error: mutation.error, done: mutation.isSuccess }
}
