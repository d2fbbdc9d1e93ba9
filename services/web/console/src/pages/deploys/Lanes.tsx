import { Link } from '@tanstack/react-router'
import { useNow } from '../../lib/clock.ts'
import { absolute, clockTime, dayTime, short } from '../../lib/format.ts'
import { usePrefs } from '../../lib/prefs.ts'
import { spanOf } from '../../lib/range.ts'
import type { DeployItem } from '../../lib/types.ts'
import { useSearch } from '../../lib/useSearch.ts'
import { verdictWord } from '../../lib/words.ts'
import { Icon } from '../../ui/Icon.tsx'
import './lanes.css'

type Place = (timeMs: number) => number

function Marker({ deploy, place, crowded }: { deploy: DeployItem; place: Place; crowded: boolean }) {
  const { zone } = usePrefs()
  const word = verdictWord(deploy.verdict)
  const label = `${deploy.service} ${short(deploy.version)}, ${absolute(deploy.started_at, zone)}: ${word.word}`
  return (
    <Link
      to="/deploys/$id"
      params={{ id: deploy.id }}
      className={`lane-mark tone-${word.tone}`}
      style={{ left: `${place(Date.parse(deploy.started_at))}%` }}
      aria-label={label}
      title={`${label}\n${deploy.reason}`}
    >
      <Icon name={word.mark} size={12} />
      {!crowded && <span>{short(deploy.version || deploy.commit)}</span>}
    </Link>
  )
}

/** Another deploy of the lane follows so closely that the version would lie beneath it. */
const crowded = (deploy: DeployItem, own: DeployItem[], place: Place): boolean => {
  const at = place(Date.parse(deploy.started_at))
  return own.some((other) => {
    const gap = place(Date.parse(other.started_at)) - at
    return other.id !== deploy.id && gap >= 0 && gap < 9
  })
}

const rulers = (fromMs: number, toMs: number): number[] =>
  Array.from({ length: 7 }, (_, index) => fromMs + ((toMs - fromMs) * index) / 6)

/** Lanes by service: each deploy hangs as a plumb line with its verdict as the bob. */
export function Lanes({ deploys }: { deploys: DeployItem[] }) {
  const nowMs = useNow()
  const search = useSearch()
  const { zone } = usePrefs()
  const span = spanOf(search.range || search.from ? search : { range: '24h' }, nowMs)
  const place: Place = (timeMs) =>
    Math.min(100, Math.max(0, ((timeMs - span.fromMs) / (span.toMs - span.fromMs)) * 100))
  const inside = deploys.filter((deploy) => {
    const atMs = Date.parse(deploy.started_at)
    return atMs >= span.fromMs && atMs <= span.toMs
  })
  const lanes = [...new Set(inside.map((deploy) => `${deploy.service}|${deploy.environment}`))].sort()
  const long = span.toMs - span.fromMs > 86_400_000
  return (
    <div className="lanes card">
      <div className="lane lane-ruler" aria-hidden="true">
        <span className="lane-name" />
        <div className="lane-line">
          {rulers(span.fromMs, span.toMs).map((time, index) => (
            <span key={time} className={`lane-tick lane-tick-${index}`} style={{ left: `${place(time)}%` }}>
              {long ? dayTime(time, zone) : clockTime(time, zone)}
            </span>
          ))}
        </div>
      </div>
      {lanes.map((lane) => {
        const [service = '', environment = ''] = lane.split('|')
        const own = inside.filter((deploy) => deploy.service === service && deploy.environment === environment)
        return (
          <div key={lane} className="lane">
            <Link to="/s/$service" params={{ service }} search={{ env: environment } as never} className="lane-name">
              {service}
              <span className="faint">{environment}</span>
            </Link>
            <div className="lane-line">
              {own.map((deploy) => (
                <Marker key={deploy.id} deploy={deploy} place={place} crowded={crowded(deploy, own, place)} />
              ))}
            </div>
          </div>
        )
      })}
    </div>
  )
}
