import type { ApiProblem } from '../lib/api.ts'

/** What came of a press: a problem in words, or nothing. */
export function Said({ error }: { error: ApiProblem | null }) {
  if (!error) return null
  return (
    <p role="alert" className="stale">
      {error.message} {error.detail}
    </p>
  )
}
