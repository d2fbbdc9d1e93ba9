import { Link, useParams } from '@tanstack/react-router'
import { useRead } from '../../lib/queries.ts'
import type { Anomaly, DeployItem, Finding, Page, Verdict } from '../../lib/types.ts'
import { signalNames } from '../../lib/words.ts'
import { Section } from '../../ui/Bits.tsx'
import { Loaded } from '../../ui/Feedback.tsx'
import { Commits } from './Commits.tsx'
import { DeployCharts } from './DeployCharts.tsx'
import { FindingCard } from './FindingCard.tsx'
import { CheckedTable, Power, Suspects } from './Grounds.tsx'
import { Rollout } from './Rollout.tsx'
import { VerdictHead } from './VerdictHead.tsx'
import './deploy.css'

/** Harm first, then certainty; of the equally certain the plainer signal: errors and latency before what follows from them. */
const worstFirst = (a: Finding, b: Finding): number =>
  Number(b.harmful) - Number(a.harmful) ||
  Math.round(b.score * 10) - Math.round(a.score * 10) ||
  signalNames.indexOf(a.signal) - signalNames.indexOf(b.signal)

function Findings({
  verdict,
  anomalies,
  repository,
}: {
  verdict: Verdict
  anomalies: Anomaly[]
  repository: string | null
}) {
  const sorted = [...verdict.findings].sort(worstFirst)
  if (sorted.length === 0) return null
  const harmful = sorted.filter((finding) => finding.harmful).length
  return (
    <Section title="What differs" note={`${harmful} for the worse, ${sorted.length - harmful} not`}>
      <div className="findings" data-repository={repository ?? undefined}>
        {sorted.map((finding) => (
          <FindingCard
            key={`${finding.signal}|${finding.dimension}|${finding.quantile ?? ''}`}
            finding={finding}
            anomaly={anomalies.find((each) => each.signal === finding.signal && each.dimension === finding.dimension)}
          />
        ))}
      </div>
    </Section>
  )
}

function Body({ deploy, verdict }: { deploy: DeployItem; verdict: Verdict }) {
  const anomalies = useRead<Page<Anomaly>>('/anomalies', { deploy: deploy.id })
  return (
    <>
      <VerdictHead deploy={deploy} verdict={verdict} />
      <div className="deploy-columns">
        <div className="deploy-main">
          <Findings verdict={verdict} anomalies={anomalies.data?.items ?? []} repository={deploy.repository} />
          <Section title="Before and after" note="the deploys as plumb lines">
            <DeployCharts deploy={deploy} verdict={verdict} />
          </Section>
          <Section title="What was checked" note={checkedNote(verdict)}>
            <CheckedTable checked={verdict.checked} findings={verdict.findings} />
          </Section>
        </div>
        <aside className="deploy-side" aria-label="Commits and grounds">
          <Commits deploy={deploy} wording={verdict.commits.wording} commits={verdict.commits.commits} />
          <Rollout deploy={deploy} verdict={verdict} />
          <Power verdict={verdict} />
          <Suspects suspects={verdict.suspects} own={deploy.id} />
        </aside>
      </div>
    </>
  )
}

function checkedNote(verdict: Verdict): string {
  const of = (outcome: string) => verdict.checked.filter((each) => each.outcome === outcome).length
  return `${verdict.checked.length} series: ${of('finding')} differ, ${of('pass')} look as before, ${of('thin')} too thin, ${of('skipped')} skipped`
}

/** Safe, or roll back? The verdict first, then why, then what it rests on. */
export default function Deploy() {
  const { id } = useParams({ strict: false }) as { id: string }
  const path = `/deploys/${encodeURIComponent(id)}`
  const deploy = useRead<DeployItem>(path)
  const verdict = useRead<Verdict>(`${path}/verdict`, {}, { everyMs: 10_000 })
  return (
    <>
      <p className="crumbs">
        <Link to="/deploys">Deploys</Link>
      </p>
      <Loaded read={deploy} lines={8}>
        {(found) => (
          <Loaded read={verdict} lines={8}>
            {(judged) => <Body deploy={found} verdict={judged} />}
          </Loaded>
        )}
      </Loaded>
    </>
  )
}
