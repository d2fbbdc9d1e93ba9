import { Link } from '@tanstack/react-router'
import { count, duration, short } from '../../lib/format.ts'
import { useNamedPage } from '../../lib/title.ts'
import type { DeployItem, Verdict } from '../../lib/types.ts'
import { baselineWord, confidenceWord, deployWord } from '../../lib/words.ts'
import { Badge } from '../../ui/Badge.tsx'
import { DeployLink, Facts, Outside, ServiceLink } from '../../ui/Bits.tsx'
import { Copy, Id } from '../../ui/Copy.tsx'
import { Icon } from '../../ui/Icon.tsx'
import { Ago, At } from '../../ui/Time.tsx'

/** What to do about it, in one line. */
function Advice({ deploy, verdict }: { deploy: DeployItem; verdict: Verdict }) {
  const first = verdict.suspects[0]
  if (verdict.verdict === 'regressed' && first && first.deploy_id !== deploy.id) {
    return (
      <>
        Look at {first.service} <DeployLink id={first.deploy_id} version={first.version} commit={first.commit} /> first:
        more speaks for it than for this deploy.
      </>
    )
  }
  if (verdict.verdict === 'regressed' && deploy.kind === 'rollback')
    return <>This was a rollback already: look at what else changed, or fix forward.</>
  if (verdict.verdict === 'regressed') {
    return (
      <>
        Roll back
        {deploy.previous_version && (
          <>
            {' '}
            to{' '}
            {deploy.previous_id ? (
              <Link to="/deploys/$id" params={{ id: deploy.previous_id }}>
                {short(deploy.previous_version)}
              </Link>
            ) : (
              short(deploy.previous_version)
            )}
          </>
        )}
        , or fix forward; whoever was told will be told again when it is over.
      </>
    )
  }
  if (verdict.verdict === 'pending')
    return <>Hold the next step of the rollout. {verdict.power.needs && `It needs ${verdict.power.needs}.`}</>
  if (verdict.verdict === 'insufficient_data')
    return <>Do not read this as “fine”. {verdict.power.needs && `It needs ${verdict.power.needs}.`}</>
  if (verdict.verdict === 'improved') return <>Safe to continue.</>
  return <>Safe to continue: nothing that would have been seen has changed.</>
}

function Actions({ deploy }: { deploy: DeployItem }) {
  const gate = `npx plumbline gate --service ${deploy.service} --environment ${deploy.environment} ${deploy.version ? `--version ${deploy.version}` : `--commit ${deploy.commit}`}`
  return (
    <div className="actions">
      {deploy.previous_id && (
        <Link to="/compare" search={{ a: deploy.id, b: deploy.previous_id } as never} className="button">
          <Icon name="compare" size={14} /> Compare with {short(deploy.previous_version ?? 'before')}
        </Link>
      )}
      <Link to="/alerts" search={{ service: deploy.service } as never} className="button">
        <Icon name="bell" size={14} /> Alerts
      </Link>
      <Copy text={gate} label="Copy gate command" />
    </div>
  )
}

function facts(deploy: DeployItem, verdict: Verdict): [string, React.ReactNode][] {
  const { baseline, current } = verdict.window
  const lengthOf = (span: { from: string; to: string }) => duration(Date.parse(span.to) - Date.parse(span.from))
  const kinds = [...new Set(verdict.findings.map((finding) => finding.baseline))]
  return [
    ['Began', <At key="at" at={deploy.started_at} />],
    [
      'Confidence',
      verdict.verdict === 'pending'
        ? 'not yet'
        : verdict.verdict === 'insufficient_data'
          ? 'none can be had'
          : `${confidenceWord(verdict.score)} (${verdict.score.toFixed(2)})`,
    ],
    ['Decided', verdict.decided_at ? <Ago key="ago" at={verdict.decided_at} /> : 'still watching'],
    ['Watch', verdict.final ? 'over, final' : 'on, may change'],
    ['Requests before → after', `${count(verdict.power.requests.baseline)} → ${count(verdict.power.requests.current)}`],
    ['Windows', `${lengthOf(baseline)} before → ${lengthOf(current)} after`],
    ['Compared with', kinds.length > 0 ? kinds.map(baselineWord).join('; ') : 'the window before the deploy'],
    [
      'Deployed by',
      <Outside key="by" href={deploy.url}>
        {deploy.actor ?? deploy.sources.join(', ')}
      </Outside>,
    ],
  ]
}

/** The answer: the word, the sentence, what to do, and what it rests on. */
export function VerdictHead({ deploy, verdict }: { deploy: DeployItem; verdict: Verdict }) {
  const word = deployWord({ verdict: verdict.verdict, previous_id: deploy.previous_id })
  const name = `${deploy.service} ${short(deploy.version || deploy.commit)}`
  useNamedPage(`${name}: ${word.word}`)
  return (
    <header className={`verdict-head card tone-${word.tone}`}>
      <div className="verdict-top">
        <div>
          <p className="verdict-what">
            <ServiceLink service={deploy.service} environment={deploy.environment} /> ·{' '}
            {deploy.environment || 'no environment'} · {deploy.kind}
          </p>
          <h1>{name}</h1>
        </div>
        <Actions deploy={deploy} />
      </div>
      <div className="verdict-word">
        <Badge word={word} large />
        <span className="faint">{word.means}</span>
      </div>
      <p className="verdict-reason">{verdict.reason}</p>
      <p className="verdict-advice">
        <Advice deploy={deploy} verdict={verdict} />
      </p>
      <Facts
        items={[
          ...facts(deploy, verdict),
          ['Commit', deploy.commit ? <Id key="id" text={deploy.commit} shown={short(deploy.commit)} /> : 'not told'],
        ]}
      />
    </header>
  )
}
