import { type ErrorComponentProps, Link } from '@tanstack/react-router'
import { Empty } from '../ui/Feedback.tsx'

export function NotFound() {
  return (
    <Empty title="There is no page here">
      <p>
        The address may have been cut. Start from <Link to="/">Services</Link> or press Ctrl-K.
      </p>
    </Empty>
  )
}

/** A page that failed to draw: says so and offers a way on. */
export function Crash({ error }: ErrorComponentProps) {
  return (
    <Empty title="This page could not be drawn">
      <p>{error instanceof Error ? error.message : 'It gave no reason.'}</p>
      <p>
        <a href={window.location.pathname}>Load it again</a>, or go to <Link to="/">Services</Link>. If it stays, the
        server may have been upgraded: reload once.
      </p>
    </Empty>
  )
}
