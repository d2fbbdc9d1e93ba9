import { count, ms, short } from '../../lib/format.ts'
import type { Span, SpanBaseline } from '../../lib/types.ts'
import { Outside } from '../../ui/Bits.tsx'
import { Copy } from '../../ui/Copy.tsx'
import { At } from '../../ui/Time.tsx'
import { rankWord } from './usual.ts'

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

const versionsWord = (versions: string[]): string =>
  versions.length > 3 ? `${versions.length} versions` : versions.map((v) => short(v) || 'no version').join(', ')

/** The span beside its operation, under its own version and under those before. */
function Usually({ span, baseline }: { span: Span; baseline: SpanBaseline }) {
  const sides = [
    ['this version', baseline.own],
    ['before', baseline.before],
  ] as const
  return (
    <section className="span-usually" aria-label="Against its operation">
      <h3>
        {ms(span.duration_ms)} against {baseline.operation}
        {baseline.peer && ` to ${baseline.peer}`}
      </h3>
      <dl>
        {sides.map(([name, usual]) => (
          <div key={name}>
            <dt>{usual ? `${versionsWord(usual.versions)}, ${name}` : name}</dt>
            <dd>
              {usual ? (
                <>
                  p50 {ms(usual.p50_ms)}, p95 {ms(usual.p95_ms)}, n {count(usual.requests)}: {rankWord(usual)}
                </>
              ) : (
                'none in the six hours before'
              )}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

type DetailProps = { span: Span; baseline: SpanBaseline | undefined; onClose: () => void }

export function SpanDetail({ span, baseline, onClose }: DetailProps) {
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
      {baseline && <Usually span={span} baseline={baseline} />}
      <Events span={span} />
      <Attributes label="Attributes" values={span.attributes} />
      <Attributes label="Resource" values={span.resource} />
      <p>
        <Copy text={JSON.stringify(span, null, 2)} label="Copy as JSON" />
      </p>
    </section>
  )
}
