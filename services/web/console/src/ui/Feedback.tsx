import { type ReactNode, useState } from 'react'
import type { ApiProblem } from '../lib/api.ts'
import { call, sentence } from '../lib/api.ts'
import { client } from '../lib/queries.ts'
import { Icon } from './Icon.tsx'

/** Grey lines in the shape of what comes. */
export function Skeleton({ lines = 4, tall = false }: { lines?: number; tall?: boolean }) {
  return (
    <div className="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity
        <div key={index} className={tall ? 'skeleton-tall' : 'skeleton-line'} />
      ))}
    </div>
  )
}

/** Nothing here, and what to do so that there is. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <Icon name="plumb" size={28} />
      <h2>{title}</h2>
      {children}
    </div>
  )
}

function advice(problem: ApiProblem): string {
  if (problem.detail) return problem.detail
  if (problem.status === 404) return 'It may have been deleted, or lies beyond what is kept. Check the address.'
  if (problem.status === 429) return 'Too many requests; it is tried again in a moment.'
  if (problem.status >= 500) return 'Look at the server’s log, and at System for what is not ready.'
  return 'Check the address and the filters.'
}

/** What went wrong and what to do. */
export function Problem({ error, retry }: { error: ApiProblem; retry?: () => void }) {
  if (error.status === 401) return <SignIn />
  return (
    <div className="problem" role="alert">
      <Icon name="warn" size={20} />
      <div>
        <strong>{error.message}</strong>
        <p>{advice(error)}</p>
      </div>
      {retry && (
        <button type="button" className="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  )
}

/** This address asks for a key: trades one for a session cookie. */
export function SignIn() {
  const [problem, setProblem] = useState('')
  const submit = (form: FormData) => {
    call('/session', {}, { method: 'POST', body: { key: String(form.get('key') ?? '') } }).then(
      () => client.invalidateQueries(),
      (error: ApiProblem) => setProblem(sentence(error)),
    )
  }
  return (
    <form action={submit} className="signin card pad">
      <h1>Sign in with an API key</h1>
      <p>
        This Plumbline asks for a key. Make one on its machine with{' '}
        <code>plumbline key create --name me --scope read</code>.
      </p>
      <label>
        Key <input name="key" type="password" required autoComplete="current-password" />
      </label>
      <button type="submit" className="button primary">
        Sign in
      </button>
      {problem && <p role="alert">{problem}</p>}
    </form>
  )
}

type Read<T> = { data: T | undefined; error: ApiProblem | null; refetch: () => unknown }

/** Skeleton, problem or the page; old data stays on the screen while a refresh fails, with a line that says so. */
export function Loaded<T>({
  read,
  children,
  lines,
}: {
  read: Read<T>
  lines?: number
  children: (data: T) => ReactNode
}) {
  if (read.data !== undefined) {
    return (
      <>
        {read.error && <p className="stale">Not fresh: {read.error.message} What you see is from before.</p>}
        {children(read.data)}
      </>
    )
  }
  if (read.error) return <Problem error={read.error} retry={() => void read.refetch()} />
  return <Skeleton lines={lines ?? 6} />
}
