import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { count, effect, inUnit, percent, probability } from '../../lib/format.ts'
import type { Anomaly, Finding } from '../../lib/types.ts'
import { baselineWord, dimensionWord, findingTitle } from '../../lib/words.ts'
import { Facts, TraceLink } from '../../ui/Bits.tsx'
import { Snippet } from '../../ui/Copy.tsx'
import { Icon, type IconName } from '../../ui/Icon.tsx'
import { PlumbStrip } from '../../ui/PlumbStrip.tsx'
import { At } from '../../ui/Time.tsx'

const arrow = (finding: Finding): IconName =>
  finding.direction === 'down' || finding.direction === 'vanished' ? 'down' : 'up'

/** Values that the bad requests share more than others do. */
export function TopAttributes({ attributes }: { attributes: Finding['top_attributes'] }) {
  if (attributes.length === 0) return null
  return (
    <div className="attributes">
      <h4>Over-represented among the bad requests</h4>
      <ul className="plain-list">
        {attributes.map((each) => (
          <li key={`${each.key}=${each.value}`}>
            <code>
              {each.key}={each.value}
            </code>
            <span className="bars" aria-hidden="true">
              <span className="bar-bad" style={{ width: `${each.bad_share * 100}%` }} />
              <span className="bar-all" style={{ width: `${each.all_share * 100}%` }} />
            </span>
            <span className="faint nowrap">
              {percent(each.bad_share)} of bad, {percent(each.all_share)} of all
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** The statistics by name, for whoever asks "why was this flagged?". */
export const numbersOf = (finding: Finding): [string, ReactNode][] => [
  ['Interval of what was expected', `${inUnit(finding.lower, finding.unit)} – ${inUnit(finding.upper, finding.unit)}`],
  ['n before → after', `${count(finding.n.baseline)} → ${count(finding.n.current)}`],
  ['p, and q over all signals', `${probability(finding.p_value)}, ${probability(finding.q_value)}`],
  ['Began', <At key="began" at={finding.started_at} />],
]

function BeforeAfter({ finding }: { finding: Finding }) {
  return (
    <p className="before-after">
      <span>
        <small>before</small>
        {inUnit(finding.expected, finding.unit)}
      </span>
      <Icon name="chevron" size={18} />
      <span className="after">
        <small>after</small>
        {inUnit(finding.observed, finding.unit)}
      </span>
      <span className={`change ${finding.harmful ? 'tone-bad' : 'tone-good'}`}>
        <Icon name={arrow(finding)} size={14} />
        {finding.direction === 'new' || finding.direction === 'vanished'
          ? finding.direction
          : effect(finding.effect, finding.effect_unit, finding.unit)}
        <span className="visually-hidden">{finding.harmful ? ', worse' : ', better'}</span>
      </span>
    </p>
  )
}

/** One thing that differs: before and after, how sure, which requests, and the query to check it with. */
export function FindingCard({ finding, anomaly }: { finding: Finding; anomaly: Anomaly | undefined }) {
  return (
    <article className={`finding card ${finding.harmful ? 'finding-bad' : 'finding-good'}`}>
      <div className="finding-head">
        <div>
          <h3>{findingTitle(finding)}</h3>
          <code className="dimension">{finding.label ?? dimensionWord(finding.dimension)}</code>
        </div>
        {anomaly && (
          <Link to="/anomalies/$id" params={{ id: anomaly.id }} className="button">
            Anomaly <Icon name="chevron" size={12} />
          </Link>
        )}
      </div>
      <BeforeAfter finding={finding} />
      <PlumbStrip {...finding} />
      <p className="finding-reason">{finding.reason}</p>
      <Facts items={numbersOf(finding)} />
      {finding.exemplar_trace_ids.length > 0 && (
        <p className="exemplars">
          <span className="faint">Traces that show it</span>
          {finding.exemplar_trace_ids.slice(0, 5).map((id) => (
            <TraceLink key={id} id={id} />
          ))}
        </p>
      )}
      <TopAttributes attributes={finding.top_attributes} />
      <details className="more">
        <summary>Method and SQL</summary>
        <p className="faint">
          {finding.method}, against {baselineWord(finding.baseline)}. Score {finding.score.toFixed(2)}.
        </p>
        <Snippet text={finding.sql} label="SQL that reproduces the numbers" />
      </details>
    </article>
  )
}
