import { Link } from '@tanstack/react-router'
import { now } from '../../lib/clock.ts'
import { duration, short } from '../../lib/format.ts'
import { useWindowed } from '../../lib/queries.ts'
import { type Search, spanOf, spanParams } from '../../lib/range.ts'
import type { DeployItem, Page, VerdictWord } from '../../lib/types.ts'
import { useSearch, useSetSearch } from '../../lib/useSearch.ts'
import { deployWord, verdictWord } from '../../lib/words.ts'
import { Badge } from '../../ui/Badge.tsx'
import { DeployLink, PageHead, Section, ServiceLink } from '../../ui/Bits.tsx'
import { Snippet } from '../../ui/Copy.tsx'
import { Csv } from '../../ui/Csv.tsx'
import { Empty, Loaded } from '../../ui/Feedback.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { Ago, At } from '../../ui/Time.tsx'
import { Lanes } from './Lanes.tsx'

const watched = (deploy: DeployItem): string => {
  if (!deploy.first_seen_at || !deploy.last_seen_at) return 'not seen yet'
  return duration(Date.parse(deploy.last_seen_at) - Date.parse(deploy.first_seen_at))
}

const columns: Column<DeployItem>[] = [
  { key: 'at', title: 'Began', by: (deploy) => deploy.started_at, cell: (deploy) => <At at={deploy.started_at} /> },
  {
    key: 'service',
    title: 'Service',
    by: (deploy) => deploy.service,
    cell: (deploy) => (
      <>
        <ServiceLink service={deploy.service} environment={deploy.environment} />
        <div className="faint">{deploy.environment}</div>
      </>
    ),
  },
  {
    key: 'version',
    title: 'Version',
    cell: (deploy) => (
      <>
        <DeployLink id={deploy.id} version={deploy.version} commit={deploy.commit} />
        <div className="faint mono">{short(deploy.commit)}</div>
      </>
    ),
  },
  {
    key: 'verdict',
    title: 'Verdict',
    by: (deploy) => deploy.verdict,
    cell: (deploy) => <Badge word={deployWord(deploy)} />,
  },
  { key: 'why', title: 'Why', cell: (deploy) => <span className="why">{deploy.reason}</span> },
  { key: 'kind', title: 'Kind', by: (deploy) => deploy.kind, cell: (deploy) => deploy.kind, wide: true },
  { key: 'source', title: 'Told by', cell: (deploy) => deploy.sources.join(', '), wide: true },
  { key: 'runs', title: 'Ran for', cell: watched, wide: true },
]

const words: VerdictWord[] = ['regressed', 'pending', 'insufficient_data', 'improved', 'no_difference']

function Filter() {
  const search = useSearch()
  const set = useSetSearch()
  return (
    <label className="pick">
      <span className="visually-hidden">Verdict</span>
      <select value={search.verdict ?? ''} onChange={(event) => set({ verdict: event.target.value })}>
        <option value="">All verdicts</option>
        {words.map((word) => (
          <option key={word} value={word}>
            {verdictWord(word).word}
          </option>
        ))}
      </select>
    </label>
  )
}

function Body({ items, search }: { items: DeployItem[]; search: Search }) {
  const shown = items.filter((deploy) => !search.verdict || deploy.verdict === search.verdict)
  if (items.length === 0) return <NoDeploys />
  const newest = items[0]!
  return (
    <>
      <p className="lead">
        {items.length} in this window, the newest <Ago at={newest.started_at} />:{' '}
        <Link to="/deploys/$id" params={{ id: newest.id }}>
          {newest.service} {short(newest.version)}
        </Link>
        .
      </p>
      <Section title="By service">
        <Lanes deploys={shown} />
      </Section>
      <Section title="List">
        <Table
          label="Deploys"
          columns={columns}
          rows={shown}
          rowKey={(deploy) => deploy.id}
          empty="No deploy with this verdict in the window."
        />
      </Section>
    </>
  )
}

function NoDeploys() {
  const text = `curl ${window.location.origin}/api/v1/deploys -H 'content-type: application/json' -d '{"service":"checkout","environment":"production","version":"1.0.1","commit":"'$(git rev-parse HEAD)'","started_at":"'$(date -u +%Y-%m-%dT%H:%M:%SZ)'"}'`
  return (
    <Empty title="No deploys in this window">
      <p>
        A new <code>service.version</code> in the telemetry is a deploy by itself. To name the commit as well, tell
        Plumbline from the pipeline:
      </p>
      <Snippet text={text} label="Mark a deploy with curl" />
    </Empty>
  )
}

/** Which release did it? A lane per service, a plumb line per deploy, and the list. */
export default function Deploys() {
  const own = useSearch()
  const search: Search = own.range || own.from ? own : { ...own, range: '24h' }
  const read = useWindowed<Page<DeployItem>>('/deploys', search, {
    service: own.service,
    environment: own.env,
    limit: 200,
  })
  return (
    <>
      <PageHead title="Deploys">
        <Filter />
        <Csv
          path="/deploys"
          params={{ service: own.service, environment: own.env, ...spanParams(spanOf(search, now())) }}
        />
      </PageHead>
      <Loaded read={read} lines={10}>
        {(data) => <Body items={data.items} search={search} />}
      </Loaded>
    </>
  )
}
