import { Link, useParams } from '@tanstack/react-router'
import { useMemo } from 'react'
import { SeriesChart } from '../../chart/SeriesChart.tsx'
import { useNow } from '../../lib/clock.ts'
import { duration, effect, inUnit, short } from '../../lib/format.ts'
import { useRead } from '../../lib/queries.ts'
import { around } from '../../lib/range.ts'
import { useNamedPage } from '../../lib/title.ts'
import type { AnomalyDetail, Anomaly as AnomalyDocument, Page } from '../../lib/types.ts'
import { baselineWord, chartOf, dimensionWord, findingTitle } from '../../lib/words.ts'
import { StateBadge } from '../../ui/Badge.tsx'
import { DeployLink, Facts, PageHead, Section, ServiceLink, TraceLink } from '../../ui/Bits.tsx'
import { Snippet } from '../../ui/Copy.tsx'
import { Loaded } from '../../ui/Feedback.tsx'
import { Icon } from '../../ui/Icon.tsx'
import { PlumbStrip } from '../../ui/PlumbStrip.tsx'
import { At } from '../../ui/Time.tsx'
import { numbersOf, TopAttributes } from '../deploy/FindingCard.tsx'
import { Suspects } from '../deploy/Grounds.tsx'
import { Again } from './Again.tsx'
import { Expected } from './Expected.tsx'
import { Origins } from './Origins.tsx'
import { Told } from './Told.tsx'
import '../deploy/deploy.css'
import './anomaly.css'

function sentence(anomaly: AnomalyDocument): string {
  const { observed, expected, lower, upper, unit } = anomaly
  return `Observed ${inUnit(observed, unit)} where ${inUnit(expected, unit)} was expected (${inUnit(lower, unit)} – ${inUnit(upper, unit)}).`
}

function Head({ anomaly }: { anomaly: AnomalyDocument }) {
  const dimension = anomaly.evidence.finding.label ?? dimensionWord(anomaly.dimension)
  const { finding } = anomaly.evidence
  const isThing = finding.direction === 'new' || finding.direction === 'vanished'
  const title = `${findingTitle(finding)}${isThing ? '' : ' of'} ${dimension === 'the whole service' ? anomaly.service : dimension}`
  useNamedPage(title)
  return (
    <PageHead
      title={title}
      lead={
        <>
          <ServiceLink service={anomaly.service} environment={anomaly.environment} />,{' '}
          {anomaly.environment || 'no environment'}. {sentence(anomaly)}
        </>
      }
    >
      <StateBadge state={anomaly.state} />
      {anomaly.deploy && (
        <Link to="/deploys/$id" params={{ id: anomaly.deploy.id }} className="button">
          <Icon name="plumb" size={14} /> Deploy {short(anomaly.deploy.version || anomaly.deploy.commit)}
        </Link>
      )}
      <Link
        to="/alerts"
        search={
          {
            service: anomaly.service,
            env: anomaly.environment,
            silence: anomaly.signal,
            dimension: anomaly.dimension,
          } as never
        }
        className="button"
      >
        <Icon name="bell" size={14} /> Silence
      </Link>
    </PageHead>
  )
}

/** Actual over its band, the deploys as plumb lines, the anomalous span shaded. */
function Picture({ anomaly }: { anomaly: AnomalyDocument }) {
  const nowMs = Math.floor(useNow() / 60_000) * 60_000
  const { finding } = anomaly.evidence
  const window = useMemo(
    () => around(anomaly.started_at, anomaly.ended_at, nowMs),
    [anomaly.started_at, anomaly.ended_at, nowMs],
  )
  const shade = useMemo(
    () => ({
      fromS: Date.parse(anomaly.started_at) / 1000,
      toS: (anomaly.ended_at ? Date.parse(anomaly.ended_at) : nowMs) / 1000,
    }),
    [anomaly.started_at, anomaly.ended_at, nowMs],
  )
  const signal = chartOf(anomaly.signal)
  if (!signal) return <p className="faint">This signal has no line of its own; the numbers below are the evidence.</p>
  const ofRoute = anomaly.signal === 'error_ratio' || anomaly.signal === 'latency' || anomaly.signal === 'throughput'
  return (
    <SeriesChart
      title={findingTitle(finding)}
      note="line: observed · band: expected · shaded: anomalous"
      service={anomaly.service}
      environment={anomaly.environment}
      signal={signal}
      by="none"
      window={window}
      shade={shade}
      height={260}
      {...(finding.quantile ? { quantile: finding.quantile } : {})}
      {...(ofRoute && dimensionWord(anomaly.dimension) === anomaly.dimension ? { route: anomaly.dimension } : {})}
      {...(signal === 'metric' ? { metric: anomaly.dimension } : {})}
    />
  )
}

function Grounds({ anomaly }: { anomaly: AnomalyDocument }) {
  const { finding } = anomaly.evidence
  const spanOf = (span: { from: string; to: string }) => (
    <>
      <At at={span.from} /> – <At at={span.to} /> ({duration(Date.parse(span.to) - Date.parse(span.from))})
    </>
  )
  return (
    <section className="card pad grounds" aria-label="Why it was told">
      <PlumbStrip {...anomaly} />
      <p className="finding-reason">{finding.reason}</p>
      <Facts
        items={[
          ...numbersOf(finding),
          ['Compared with', baselineWord(finding.baseline)],
          [
            'Change',
            finding.direction === 'new' || finding.direction === 'vanished'
              ? finding.direction
              : effect(finding.effect, finding.effect_unit, finding.unit),
          ],
          ['Baseline window', spanOf(finding.window.baseline)],
          ['Current window', spanOf(finding.window.current)],
          ['Method', finding.method],
          ['Score', anomaly.score.toFixed(2)],
        ]}
      />
      <details className="more">
        <summary>SQL that reproduces it</summary>
        <Snippet text={finding.sql} label="SQL that reproduces the numbers" />
      </details>
    </section>
  )
}

function Tied({ anomaly }: { anomaly: AnomalyDocument }) {
  if (!anomaly.deploy) {
    return (
      <section className="card pad side-card" aria-label="Deploy">
        <h2>No deploy nearby</h2>
        <p>Nothing was deployed that could explain it. Look at dependencies, traffic and infrastructure.</p>
      </section>
    )
  }
  return (
    <section className="card pad side-card" aria-label="Deploy">
      <h2>Tied to</h2>
      <p>
        <DeployLink id={anomaly.deploy.id} version={anomaly.deploy.version} commit={anomaly.deploy.commit} />
      </p>
      <ul className="plain-list commits">
        {anomaly.deploy.commits.slice(0, 5).map((commit) => (
          <li key={commit.sha}>
            <div>{commit.message?.split('\n')[0] ?? 'no message told'}</div>
            <code className="faint">{short(commit.sha)}</code>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Exemplars({ anomaly }: { anomaly: AnomalyDocument }) {
  const { exemplar_trace_ids: ids, signal } = anomaly.evidence.finding
  const then = {
    service: anomaly.service,
    env: anomaly.environment,
    ...around(anomaly.started_at, anomaly.ended_at, Date.parse(anomaly.updated_at)),
  }
  return (
    <Section title="Which requests">
      <div className="card pad">
        {ids.length === 0 && <p className="faint">No example trace: this signal does not come from spans.</p>}
        {ids.length > 0 && (
          <ul className="plain-list exemplar-list" aria-label="Traces that show it">
            {ids.map((id) => (
              <li key={id}>
                <TraceLink id={id}>{id}</TraceLink>
              </li>
            ))}
          </ul>
        )}
        <TopAttributes attributes={anomaly.evidence.finding.top_attributes} />
        <p className="actions">
          {(signal === 'log_pattern_new' || signal === 'log_pattern_rate') && (
            <Link className="button" to="/logs" search={{ ...then, pattern: anomaly.dimension } as never}>
              <Icon name="logs" size={14} /> Its lines
            </Link>
          )}
          <Link className="button" to="/logs" search={then as never}>
            <Icon name="logs" size={14} /> Logs of that time
          </Link>
          <Link className="button" to="/patterns" search={then as never}>
            <Icon name="pattern" size={14} /> Log patterns of that time
          </Link>
        </p>
      </div>
    </Section>
  )
}

/** Others of the same service at the same time. */
function Beside({ anomaly }: { anomaly: AnomalyDocument }) {
  const read = useRead<Page<AnomalyDocument>>('/anomalies', {
    service: anomaly.service,
    environment: anomaly.environment,
    state: anomaly.state,
  })
  const others = (read.data?.items ?? []).filter((each) => each.id !== anomaly.id).slice(0, 8)
  if (others.length === 0) return null
  return (
    <section className="card pad side-card" aria-label="At the same time">
      <h2>At the same time</h2>
      <ul className="plain-list commits">
        {others.map((each) => (
          <li key={each.id}>
            <Link to="/anomalies/$id" params={{ id: each.id }}>
              {findingTitle(each.evidence.finding)}
            </Link>{' '}
            <code>{each.evidence.finding.label ?? dimensionWord(each.dimension)}</code>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Body({ anomaly }: { anomaly: AnomalyDetail }) {
  return (
    <>
      <Head anomaly={anomaly} />
      <Picture anomaly={anomaly} />
      <div className="deploy-columns">
        <div className="deploy-main">
          <Section title="Why it was told" note={anomaly.evidence.closed_reason ?? undefined}>
            <Grounds anomaly={anomaly} />
          </Section>
          <Exemplars anomaly={anomaly} />
        </div>
        <aside className="deploy-side" aria-label="Deploy and suspects">
          <Tied anomaly={anomaly} />
          <Suspects suspects={anomaly.suspects} own={anomaly.deploy?.id ?? null} />
          <Origins origins={anomaly.origins} />
          <Told anomaly={anomaly} />
          {(anomaly.state === 'open' || anomaly.accepted) && <Expected anomaly={anomaly} />}
          <Again anomaly={anomaly} />
          <Beside anomaly={anomaly} />
        </aside>
      </div>
    </>
  )
}

/** Why was I told? */
export default function Anomaly() {
  const { id } = useParams({ strict: false }) as { id: string }
  const read = useRead<AnomalyDetail>(`/anomalies/${encodeURIComponent(id)}`)
  return (
    <>
      <p className="crumbs">
        <Link to="/anomalies">Anomalies</Link>
      </p>
      <Loaded read={read} lines={10}>
        {(anomaly) => <Body anomaly={anomaly} />}
      </Loaded>
    </>
  )
}
