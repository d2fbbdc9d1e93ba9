import { ms } from '../../lib/format.ts'
import type { Span } from '../../lib/types.ts'
import { Outside } from '../../ui/Bits.tsx'
import { Copy } from '../../ui/Copy.tsx'
import { At } from '../../ui/Time.tsx'

/** Names and values of telemetry; an http(s) value is a link, everything else is text. */
export function Attributes({ values, label }: { values: Record<string, string>; label: string }) {
  const entries = Object.entries(values).sort(([a], [b]) => a.localeCompare(b))
  if (entries.length === 0) return null
  return (
    <details className="more" open={label === 'Attributes'}>
      <summary>
        {label} <span className="faint">{entries.length}</span>
      </summary>
      <dl className="attribute-list">
        {entries.map(([key, value]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>
              <Outside href={value}>{value}</Outside>
            </dd>
          </div>
        ))}
      </dl>
    </details>
  )
}

function Events({ span }: { span: Span }) {
  if (span.events.length === 0) return null
  return (
    <>
      <h3>Events</h3>
      {span.events.map((event) => (
        <div key={`${event.time}${event.name}`} className="span-event">
          <div>
            <strong>{event.name}</strong> <At at={event.time} />
          </div>
          {event.attributes['exception.type'] && (
            <p>
              <code>{event.attributes['exception.type']}</code> {event.attributes['exception.message']}
            </p>
          )}
          {event.attributes['exception.stacktrace'] && (
            <pre className="stack-trace">{event.attributes['exception.stacktrace']}</pre>
          )}
          <Attributes
            label="Its attributes"
            values={Object.fromEntries(
              Object.entries(event.attributes).filter(([key]) => !key.startsWith('exception.')),
            )}
          />
        </div>
      ))}
    </>
  )
}

export function SpanDetail({ span, onClose }: { span: Span; onClose: () => void }) {
  return (
    <section className="card pad span-detail" aria-label={`Span ${span.name}`}>
      <div className="span-detail-head">
        <div>
          <h2>{span.name}</h2>
          <p className="faint">
            {span.service} {span.version} · {span.kind.toLowerCase()} · {ms(span.duration_ms)}
          </p>
        </div>
        <button type="button" className="button quiet" onClick={onClose}>
          Close
        </button>
      </div>
      {span.failed && (
        <p className="problem">
          <span>
            <strong>Failed</strong> {span.status_message}
          </span>
        </p>
      )}
      <Events span={span} />
      <Attributes label="Attributes" values={span.attributes} />
      <Attributes label="Resource" values={span.resource} />
      <p>
        <Copy text={JSON.stringify(span, null, 2)} label="Copy as JSON" />
      </p>
    </section>
  )
}
