import { useEffect, useState } from 'react'
import { after } from '../lib/clock.ts'
import { Icon } from './Icon.tsx'

/** Copies a text and says so. */
export function Copy({ text, label = 'Copy', bare = false }: { text: string; label?: string; bare?: boolean }) {
  const [said, say] = useState('')
  useEffect(() => (said ? after(1600, () => say('')) : undefined), [said])
  const copy = () => {
    const done = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error('no clipboard'))
    done.then(
      () => say('Copied'),
      () => say('Select and copy by hand'),
    )
  }
  return (
    <button
      type="button"
      className={bare ? 'copy copy-bare' : 'button copy'}
      onClick={copy}
      aria-label={bare ? label : undefined}
      title={label}
    >
      <Icon name={said === 'Copied' ? 'check' : 'copy'} size={bare ? 12 : 14} />
      {!bare && <span aria-live="polite">{said || label}</span>}
      {bare && said && <span aria-live="polite">{said}</span>}
    </button>
  )
}

/** An id or a revision in fixed pitch, with its copy button. */
export function Id({ text, shown }: { text: string; shown?: string }) {
  return (
    <span className="id">
      <code title={text}>{shown ?? text}</code>
      <Copy text={text} bare label={`Copy ${text}`} />
    </span>
  )
}

/** A block of code to take away. */
export function Snippet({ text, label }: { text: string; label: string }) {
  return (
    <div className="snippet">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard */}
      <section className="snippet-scroll" tabIndex={0} aria-label={label}>
        <pre>
          <code>{text}</code>
        </pre>
      </section>
      <Copy text={text} />
    </div>
  )
}
