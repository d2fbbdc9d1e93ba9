import { useMemo } from 'react'
import { clockTime, count, percent, short } from '../../lib/format.ts'
import { usePrefs } from '../../lib/prefs.ts'
import { useWindowed } from '../../lib/queries.ts'
import { newestSpan, type Share, sharesOf } from '../../lib/share.ts'
import type { DeployItem, Series, Verdict } from '../../lib/types.ts'

const newestS = 300

function sentence(own: Share | undefined, version: string): string {
  if (!own) return `Nothing is answered by ${short(version)}.`
  return own.share === 1
    ? `Everything is answered by ${short(version)}.`
    : `${percent(own.share)} is answered by ${short(version)}.`
}

/** How far the rollout went: which version answered how much at the end of the watch. Flags and settings have no version. */
export function Rollout({ deploy, verdict }: { deploy: DeployItem; verdict: Verdict }) {
  const { zone } = usePrefs()
  const window = { from: verdict.window.baseline.from, to: verdict.window.current.to }
  const params = { environment: deploy.environment, signal: 'requests', by: 'version' }
  const path = `/services/${encodeURIComponent(deploy.service)}/series`
  const { data } = useWindowed<Series>(path, window, params, { step: true })
  const newest = useMemo(() => data && newestSpan(data.series, data.step_s, newestS), [data])
  if (!data || !newest || deploy.kind === 'config' || deploy.kind === 'flag') return null
  const shares = sharesOf(data.series, newest.fromS, newest.toS)
  const own = shares.find((each) => each.version === deploy.version)
  const total = shares.reduce((sum, each) => sum + each.requests, 0)
  return (
    <section className="card pad side-card" aria-label="Traffic by version">
      <h2>Traffic by version</h2>
      <p>{sentence(own, deploy.version || deploy.commit)}</p>
      <ul className="plain-list shares">
        {shares.slice(0, 5).map((each) => (
          <li key={each.version} className={each === own ? 'share-own' : undefined}>
            <span>{short(each.version) || 'no version'}</span>
            <span className="share-bar" aria-hidden="true">
              <span style={{ width: `${each.share * 100}%` }} />
            </span>
            <span className="num">{percent(each.share)}</span>
          </li>
        ))}
      </ul>
      <p className="faint">
        Of {count(total)} requests, {clockTime(newest.fromS * 1000, zone)} – {clockTime(newest.toS * 1000, zone)}.
      </p>
    </section>
  )
}
