import { Link } from '@tanstack/react-router'
import { dayTime, duration, percent, plural, short } from '../../lib/format.ts'
import { usePrefs } from '../../lib/prefs.ts'
import { useRead, useWindowed } from '../../lib/queries.ts'
import { sharesOf } from '../../lib/share.ts'
import type { Compare as CompareDocument, DeployItem, Page, Series } from '../../lib/types.ts'
import { useSearch, useSetSearch } from '../../lib/useSearch.ts'
import { VerdictBadge } from '../../ui/Badge.tsx'
import { DeployLink, PageHead, Section, ServiceLink } from '../../ui/Bits.tsx'
import { Empty, Loaded } from '../../ui/Feedback.tsx'
import { Icon } from '../../ui/Icon.tsx'
import { At } from '../../ui/Time.tsx'
import { AttributeDifferences } from './Attributes.tsx'
import { Signals } from './Signals.tsx'
import { Differences } from './tables.tsx'
import './compare.css'

type Side = CompareDocument['a']
type AnySide = CompareDocument['b']

/** What stands in the URL, and in the list of deploys, for the same hours of last week. */
const LAST_WEEK = 'last_week'

/** How much of the service's traffic the side's version answered in its window. */
function OfTraffic({ side }: { side: Side }) {
  const { service, environment, version } = side.deploy
  const { data } = useWindowed<Series>(
    `/services/${encodeURIComponent(service)}/series`,
    { from: side.from, to: side.to },
    { environment, signal: 'requests', by: 'version' },
    { step: true },
  )
  const own = data && sharesOf(data.series).find((each) => each.version === version)
  return own ? <>, {percent(own.share)} of the traffic</> : null
}

/** A side that is no deploy: everything that the service did a week before. */
function LastWeekCard({ side, name, of }: { side: AnySide; name: string; of: Side['deploy'] }) {
  return (
    <section className={`card pad side side-${name}`} aria-label={`Side ${name}`}>
      <div className="section-head">
        <span className="side-letter">{name}</span>
        <h2>Same hours of last week</h2>
      </div>
      <p className="faint">
        <ServiceLink service={of.service} environment={of.environment} />, all versions · from <At at={side.from} /> ·{' '}
        {plural(side.requests, 'request')} · {plural(side.instances, 'instance')}
      </p>
    </section>
  )
}

const isDeploy = (side: AnySide): side is Side => side.deploy !== null

function SideCard({ side, name }: { side: Side; name: string }) {
  return (
    <section className={`card pad side side-${name}`} aria-label={`Deploy ${name}`}>
      <div className="section-head">
        <span className="side-letter">{name}</span>
        <h2>
          <DeployLink id={side.deploy.id} version={side.deploy.version} commit={side.deploy.commit} />
        </h2>
        <VerdictBadge verdict={side.verdict} />
      </div>
      <p className="faint">
        <ServiceLink service={side.deploy.service} environment={side.deploy.environment} /> · {side.deploy.environment}{' '}
        · began <At at={side.deploy.started_at} /> · {plural(side.requests, 'request')}
        <OfTraffic side={side} /> · {plural(side.instances, 'instance')}
      </p>
    </section>
  )
}

/** Deploys by service and environment, each list as it came: newest first. */
function placesOf(deploys: DeployItem[]): [string, DeployItem[]][] {
  const places = new Map<string, DeployItem[]>()
  for (const deploy of deploys) {
    const place = [deploy.service, deploy.environment].filter(Boolean).join(' · ')
    places.set(place, [...(places.get(place) ?? []), deploy])
  }
  return [...places].sort(([a], [b]) => a.localeCompare(b))
}

type Chosen = { name: 'a' | 'b'; deploys: DeployItem[]; chosen: string }

function Picker({ name, deploys, chosen }: Chosen) {
  const set = useSetSearch()
  const choose = (value: string) =>
    set(
      name === 'a'
        ? { a: value }
        : value === LAST_WEEK
          ? { b: null, baseline: LAST_WEEK }
          : { b: value, baseline: null },
    )
  const { zone } = usePrefs()
  return (
    <label className="pick">
      <span className="side-letter">{name.toUpperCase()}</span>
      <select
        aria-label={`Deploy ${name.toUpperCase()}`}
        value={chosen}
        onChange={(event) => choose(event.target.value)}
      >
        <option value="">{name === 'a' ? 'choose a deploy' : 'the deploy before'}</option>
        {name === 'b' && <option value={LAST_WEEK}>same hours of last week</option>}
        {placesOf(deploys).map(([place, own]) => (
          <optgroup key={place} label={place}>
            {own.map((deploy) => (
              <option key={deploy.id} value={deploy.id}>
                {deploy.service} {short(deploy.version || deploy.commit)}, {dayTime(deploy.started_at, zone)}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </label>
  )
}

function Pickers() {
  const search = useSearch()
  const set = useSetSearch()
  const read = useRead<Page<DeployItem>>(
    '/deploys',
    { service: search.service, environment: search.env, limit: 200 },
    { everyMs: 60_000 },
  )
  const deploys = read.data?.items ?? []
  const a = deploys.find((deploy) => deploy.id === search.a)
  return (
    <div className="actions">
      <Picker name="a" deploys={deploys} chosen={search.a ?? ''} />
      <button
        type="button"
        className="button quiet"
        disabled={!search.b}
        onClick={() => set({ a: search.b, b: search.a })}
      >
        Swap
      </button>
      <Picker
        name="b"
        deploys={a ? deploys.filter((deploy) => deploy.service === a.service && deploy.id !== a.id) : deploys}
        chosen={search.baseline === LAST_WEEK ? LAST_WEEK : (search.b ?? '')}
      />
    </div>
  )
}

function Warnings({ warnings }: { warnings: string[] }) {
  if (warnings.length === 0) return null
  return (
    <ul className="plain-list warnings" aria-label="What makes the comparison weak">
      {warnings.map((warning) => (
        <li key={warning}>
          <Icon name="warn" size={14} /> {warning}
        </li>
      ))}
    </ul>
  )
}

function Sides({ compare: { a, b } }: { compare: CompareDocument }) {
  return (
    <div className="sides">
      <SideCard side={a} name="A" />
      {isDeploy(b) ? <SideCard side={b} name="B" /> : <LastWeekCard side={b} name="B" of={a.deploy} />}
    </div>
  )
}

function Body({ compare }: { compare: CompareDocument }) {
  if (!isDeploy(compare.b) && compare.b.requests === 0)
    return (
      <>
        <Sides compare={compare} />
        <Empty title="Nothing of last week to compare with">
          <p>
            No request of these hours is kept: the service is younger than a week, was silent then, or its data has
            expired. Choose a deploy for B.
          </p>
        </Empty>
      </>
    )
  return (
    <>
      <Sides compare={compare} />
      <Warnings warnings={compare.warnings} />
      <Section
        title="Signals"
        note={`aligned on the ${isDeploy(compare.b) ? 'deploy' : 'hour'}, the first ${duration(compare.window_s * 1000)} of both`}
      >
        <Signals compare={compare} />
      </Section>
      <AttributeDifferences attributes={compare.attributes} />
      <Differences compare={compare} />
    </>
  )
}

function Compared({ a, b, baseline }: { a: string; b: string | undefined; baseline: string | undefined }) {
  const isLastWeek = baseline === LAST_WEEK
  const query = isLastWeek ? { baseline } : { with: b }
  const read = useRead<CompareDocument>(`/deploys/${encodeURIComponent(a)}/compare`, query, { everyMs: 60_000 })
  return (
    <Loaded read={read} lines={12}>
      {(compare) => <Body compare={compare} />}
    </Loaded>
  )
}

/** Same or worse? Two versions side by side, aligned on the time since each deploy. */
export default function Compare() {
  const search = useSearch()
  return (
    <>
      <PageHead title="Compare" lead="Two versions aligned on the time since their deploys, or one and last week.">
        <Pickers />
      </PageHead>
      {search.a ? (
        <Compared a={search.a} b={search.b} baseline={search.baseline} />
      ) : (
        <Empty title="Choose two deploys">
          <p>
            Or start from one: every <Link to="/deploys">deploy</Link> has a button that compares it with the one
            before.
          </p>
        </Empty>
      )}
    </>
  )
}
