import { Link } from '@tanstack/react-router'
import { useNow } from '../../lib/clock.ts'
import { absolute, clockTime, dayTime, short } from '../../lib/format.ts'
import { usePrefs } from '../../lib/prefs.ts'
import { spanOf } from '../../lib/range.ts'
import type { DeployItem } from '../../lib/types.ts'
import { useSearch } from '../../lib/useSearch.ts'
import { deployWord } from '../../lib/words.ts'
import { Icon } from '../../ui/Icon.tsx'
import { type Place, placesOf, ticksOf } from './places.ts'
import './lanes.css'

function Marker({ deploy, place }: { deploy: DeployItem; place: Place }) {
  const { zone } = usePrefs()
  const word = deployWord(deploy)
  const label = `${deploy.service} ${short(deploy.version)}, ${absolute(deploy.started_at, zone)}: ${word.word}`
  return (
    <Link
      to="/deploys/$id"
      params={{ id: deploy.id }}
      className={`lane-mark tone-${word.tone}`}
      style={{ left: `${place.left}%`, '--level': place.level } as React.CSSProperties}
      aria-label={label}
      title={`${label}\n${deploy.reason}`}
    >
      <Icon name={word.mark} size={12} />
      {place.labelled && <span>{short(deploy.version || deploy.commit)}</span>}
    </Link>
  )
}

/** The deploys of one service and environment, oldest first. */
function Lane({ own, leftOf }: { own: DeployItem[]; leftOf: (timeMs: number) => number }) {
  const places = placesOf(own.map((deploy) => leftOf(Date.parse(deploy.started_at))))
  const levels = Math.max(...places.map((place) => place.level)) + 1
  return (
    <div className="lane-line" style={{ '--levels': levels } as React.CSSProperties}>
      {own.map((deploy, index) => (
        <Marker key={deploy.id} deploy={deploy} place={places[index]!} />
      ))}
    </div>
  )
}

/** Lanes by service: each deploy hangs as a plumb line with its verdict as the bob. */
export function Lanes({ deploys }: { deploys: DeployItem[] }) {
  const nowMs = useNow()
  const search = useSearch()
  const { zone } = usePrefs()
  const span = spanOf(search.range || search.from ? search : { range: '24h' }, nowMs)
  const leftOf = (timeMs: number) =>
    Math.min(100, Math.max(0, ((timeMs - span.fromMs) / (span.toMs - span.fromMs)) * 100))
  const inside = deploys
    .filter((deploy) => {
      const atMs = Date.parse(deploy.started_at)
      return atMs >= span.fromMs && atMs <= span.toMs
    })
    .sort((a, b) => a.started_at.localeCompare(b.started_at))
  const lanes = [...new Set(inside.map((deploy) => `${deploy.service}\0${deploy.environment}`))].sort()
  const offsetMs = zone === 'utc' ? 0 : -new Date(span.toMs).getTimezoneOffset() * 60_000
  const long = span.toMs - span.fromMs > 86_400_000
  return (
    <div className="lanes card">
      <div className="lane lane-ruler" aria-hidden="true">
        <span className="lane-name" />
        <div className="lane-line">
          {ticksOf(span.fromMs, span.toMs, offsetMs).map((time) => (
            <span key={time} className="lane-tick" style={{ left: `${leftOf(time)}%` }}>
              {long ? dayTime(time, zone) : clockTime(time, zone)}
            </span>
          ))}
        </div>
      </div>
      {lanes.map((lane) => {
        const [service = '', environment = ''] = lane.split('\0')
        const own = inside.filter((deploy) => deploy.service === service && deploy.environment === environment)
        return (
          <div key={lane} className="lane">
            <Link to="/s/$service" params={{ service }} search={{ env: environment } as never} className="lane-name">
              {service}
              <span className="faint">{environment}</span>
            </Link>
            <Lane own={own} leftOf={leftOf} />
          </div>
        )
      })}
    </div>
  )
}
