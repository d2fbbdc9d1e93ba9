import { Link } from '@tanstack/react-router'
import { now } from '../../lib/clock.ts'
import { effect, inUnit, short } from '../../lib/format.ts'
import { useWindowed } from '../../lib/queries.ts'
import { type Search, spanOf, spanParams } from '../../lib/range.ts'
import type { Anomaly, Page } from '../../lib/types.ts'
import { useSearch, useSetSearch } from '../../lib/useSearch.ts'
import { dimensionWord, findingTitle, signalNames, signalWord } from '../../lib/words.ts'
import { StateBadge } from '../../ui/Badge.tsx'
import { DeployLink, PageHead, ServiceLink } from '../../ui/Bits.tsx'
import { Csv } from '../../ui/Csv.tsx'
import { Empty, Loaded } from '../../ui/Feedback.tsx'
import { PlumbStrip } from '../../ui/PlumbStrip.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { Ago } from '../../ui/Time.tsx'
import './anomalies.css'

const columns: Column<Anomaly>[] = [
  { key: 'state', title: 'State', by: (each) => each.state, cell: (each) => <StateBadge state={each.state} /> },
  {
    key: 'what',
    title: 'What differs',
    by: (each) => each.signal,
    cell: (each) => (
      <>
        <Link to="/anomalies/$id" params={{ id: each.id }} className="strong">
          {findingTitle(each.evidence.finding)}
        </Link>
        <div>
          <code>{each.evidence.finding.label ?? dimensionWord(each.dimension)}</code>
        </div>
      </>
    ),
  },
  {
    key: 'service',
    title: 'Service',
    by: (each) => each.service,
    cell: (each) => (
      <>
        <ServiceLink service={each.service} environment={each.environment} />
        <div className="faint">{each.environment}</div>
      </>
    ),
  },
  {
    key: 'size',
    title: 'Expected → observed',
    number: true,
    by: (each) => Math.abs(each.effect),
    cell: (each) => (
      <>
        {inUnit(each.expected, each.unit)} → <strong>{inUnit(each.observed, each.unit)}</strong>
        <div className="faint">
          {each.direction === 'new' || each.direction === 'vanished'
            ? each.direction
            : effect(each.effect, each.effect_unit, each.unit)}
        </div>
      </>
    ),
  },
  { key: 'strip', title: 'Off plumb', cell: (each) => <PlumbStrip {...each} />, wide: true },
  {
    key: 'score',
    title: 'Score',
    number: true,
    by: (each) => each.score,
    cell: (each) => each.score.toFixed(2),
    wide: true,
  },
  { key: 'began', title: 'Began', by: (each) => each.started_at, cell: (each) => <Ago at={each.started_at} /> },
]

type Group = { key: string; anomalies: Anomaly[] }

/** One group for each deploy; those without one last. */
function groupsOf(anomalies: Anomaly[]): Group[] {
  const groups = new Map<string, Anomaly[]>()
  for (const anomaly of anomalies) {
    const key = anomaly.deploy?.id ?? ''
    groups.set(key, [...(groups.get(key) ?? []), anomaly])
  }
  return [...groups]
    .map(([key, each]) => ({ key, anomalies: each }))
    .sort((a, b) => Number(a.key === '') - Number(b.key === ''))
}

function GroupHead({ group }: { group: Group }) {
  const first = group.anomalies[0]!
  if (!first.deploy) {
    return (
      <div className="section-head">
        <h2>No deploy nearby</h2>
        <span className="faint">found by the rolling baseline</span>
      </div>
    )
  }
  return (
    <div className="section-head">
      <h2>
        {first.service} {short(first.deploy.version || first.deploy.commit)}
      </h2>
      <span className="faint">
        {group.anomalies.length} {group.anomalies.length === 1 ? 'anomaly' : 'anomalies'} tied to{' '}
        <DeployLink id={first.deploy.id} version={first.deploy.version} commit={first.deploy.commit} />
        {first.deploy.commits[0]?.message && `, ${first.deploy.commits[0].message.split('\n')[0]}`}
      </span>
    </div>
  )
}

function Filters() {
  const search = useSearch()
  const set = useSetSearch()
  return (
    <>
      <label className="pick">
        <span className="visually-hidden">State</span>
        <select value={search.state ?? ''} onChange={(event) => set({ state: event.target.value })}>
          <option value="">All states</option>
          <option value="open">Open</option>
          <option value="closed">Closed</option>
        </select>
      </label>
      <label className="pick">
        <span className="visually-hidden">Signal</span>
        <select value={search.signal ?? ''} onChange={(event) => set({ signal: event.target.value })}>
          <option value="">All signals</option>
          {signalNames.map((signal) => (
            <option key={signal} value={signal}>
              {signalWord(signal)}
            </option>
          ))}
        </select>
      </label>
    </>
  )
}

function Body({ items }: { items: Anomaly[] }) {
  if (items.length === 0) {
    return (
      <Empty title="Nothing is off">
        <p>
          No anomaly in this window with these filters. What was looked at, and what was too thin, stands with each{' '}
          <Link to="/deploys">deploy</Link>.
        </p>
      </Empty>
    )
  }
  return groupsOf(items).map((group) => (
    <section key={group.key} className="section anomaly-group" aria-label={group.key || 'No deploy nearby'}>
      <GroupHead group={group} />
      <Table label="Anomalies" columns={columns} rows={group.anomalies} rowKey={(each) => each.id} />
    </section>
  ))
}

/** What needs me? Anomalies, grouped by the deploy they are tied to. */
export default function Anomalies() {
  const own = useSearch()
  const search: Search = own.range || own.from ? own : { ...own, range: '24h' }
  const filter = {
    service: own.service,
    environment: own.env,
    state: own.state,
    signal: own.signal,
    deploy: own.deploy,
  }
  const read = useWindowed<Page<Anomaly>>('/anomalies', search, { ...filter, limit: 200 })
  return (
    <>
      <PageHead title="Anomalies" lead="Signals that left their baseline, with the deploy they are tied to.">
        <Filters />
        <Csv path="/anomalies" params={{ ...filter, ...spanParams(spanOf(search, now())) }} />
      </PageHead>
      <Loaded read={read} lines={10}>
        {(data) => <Body items={data.items} />}
      </Loaded>
    </>
  )
}
