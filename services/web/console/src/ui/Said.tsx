import { type ApiProblem, sentence } from '../lib/api.ts'

/** What came of a press: a problem in words, or nothing. */
export function Said({ error }: { error: ApiProblem | null }) {
  if (!error) return null
  return (
    <p role="alert" className="stale">
      {sentence(error)}
    </p>
  )
}
