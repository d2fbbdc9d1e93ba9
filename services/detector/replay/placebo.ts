import type { Anomaly } from '../../../shared/model/anomaly.ts'
import type { Deploy } from '../../../shared/model/deploy.ts'
import type { Verdict } from '../../../shared/model/verdict.ts'
import { yieldToLoop } from '../../../shared/runtime/pressure.ts'
import type { Placebo } from '../../../shared/state/replays.ts'
import { decide } from '../decide/decide.ts'
import type { Sensitivity } from '../judge/index.ts'
import type { Deps } from '../memory.ts'
import { type Line, Lines, readLines } from '../rolling/lines.ts'
import { spanOf, WindowCache } from '../window/cache.ts'

/** Placebo deploys of one run: enough to tell a rate of 1 % from one of 5 %. */
const PLACEBOS = 120
/** From the one that reports most: what it passes, the others pass. */
const SENSITIVITIES: readonly Sensitivity[] = ['high', 'normal', 'low']
/** A moment counts when its service has this much history before it, and no deploy from then to the end of the watch. */
const HISTORY_MINUTES = 120
const TRIES = 20
const MINUTES_A_WEEK = 7 * 1440

/**
 * How often moments without a deploy would have been blamed on one, and how many of the `anomalies` that a replay of the same span found have no
 * deploy. The moments are drawn from `random`: same seed, same answer.
 */
export async function placebo(
  deps: Deps,
  o: {
    fromMs: number
    toMs: number
    deploys: readonly Deploy[]
    anomalies: readonly Anomaly[]
    random: () => number
    signal?: AbortSignal
  },
): Promise<Placebo> {
  const lines = new Lines()
  const [from, to] = [Math.floor(o.fromMs / 60_000), Math.floor(o.toMs / 60_000)]
  await readLines(deps.store, lines, Math.max(from, to - 14 * 1440), to)
  const services = [...lines.lines.values()].sort((a, b) =>
    `${a.service}\n${a.environment}` < `${b.service}\n${b.environment}` ? -1 : 1,
  )
  const counts = new Map(SENSITIVITIES.map((s) => [s, { judged: 0, regressed: 0 }]))
  const cache = new WindowCache(deps.store)
  for (let i = 0; i < PLACEBOS && services.length > 0 && !o.signal?.aborted; i++) {
    const line = services[i % services.length]!
    const minute = momentOf(line, from, to, o.deploys, deps.config.watchMinutes, o.random)
    if (minute === null) continue
    const deploy = pretend(line, minute, i)
    await cache.load([{ ...deploy, ...spanOf(deploy, deps.config.watchMinutes) }])
    const window = cache.get(deploy.id)
    if (!window) continue
    let word: Verdict['verdict'] = 'regressed'
    for (const sensitivity of SENSITIVITIES) {
      if (word === 'regressed') word = await watch(window, deploy, minute, { ...deps.config, sensitivity })
      if (word === 'insufficient_data') continue
      const count = counts.get(sensitivity)!
      count.judged += 1
      if (word === 'regressed') count.regressed += 1
    }
    cache.forget(deploy.id)
  }
  const of = counts.get(deps.config.sensitivity)!
  const perWeek = (c: { judged: number; regressed: number }) =>
    c.judged === 0 ? null : ((c.regressed / c.judged) * MINUTES_A_WEEK) / deps.config.watchMinutes
  return {
    ...of,
    false_alarm_ratio: of.judged === 0 ? null : of.regressed / of.judged,
    by_sensitivity: [...counts].map(([sensitivity, c]) => ({ sensitivity, ...c, per_service_and_week: perWeek(c) })),
    without_deploy: withoutDeploy(o.anomalies, services.length, to - from),
  }
}

function withoutDeploy(found: readonly Anomaly[], services: number, minutes: number): Placebo['without_deploy'] {
  const anomalies = found.filter((a) => a.harmful && a.deploy === null).length
  const weeks = (services * minutes) / MINUTES_A_WEEK
  return { services, anomalies, per_service_and_week: weeks > 0 ? anomalies / weeks : null }
}

function momentOf(
  line: Line,
  from: number,
  to: number,
  deploys: readonly Deploy[],
  watch: number,
  random: () => number,
): number | null {
  const minutes = [...line.points.keys()]
  const first = Math.max(from, Math.min(...minutes)) + HISTORY_MINUTES
  const last = Math.min(to, line.newest) - watch
  if (last <= first) return null
  const own = deploys
    .filter((d) => d.service === line.service && d.environment === line.environment)
    .map((d) => Date.parse(d.started_at) / 60_000)
  for (let i = 0; i < TRIES; i++) {
    const minute = Math.floor(first + random() * (last - first))
    if (!own.some((d) => d > minute - watch - 5 && d < minute + watch)) return minute
  }
  return null
}

/** A configuration change that never was: the whole service before and after. */
function pretend(line: Line, minute: number, i: number): Deploy {
  const at = new Date(minute * 60_000).toISOString()
  return {
    id: `placebo_${i}`,
    service: line.service,
    environment: line.environment,
    version: '',
    commit: '',
    base_commit: null,
    commits: [],
    repository: null,
    kind: 'config',
    sources: [],
    started_at: at,
    finished_at: null,
    first_seen_at: null,
    last_seen_at: null,
    previous_id: null,
    previous_version: null,
    url: null,
    actor: null,
    attributes: {},
    created_at: at,
    updated_at: at,
  }
}

/** Looks every minute, as at a real deploy; one look that says regressed is an alarm. */
async function watch(
  window: Parameters<typeof decide>[0],
  deploy: Deploy,
  minute: number,
  config: Deps['config'],
): Promise<Verdict['verdict']> {
  let before: Verdict | null = null
  for (let m = minute + 1; m <= minute + config.watchMinutes; m++) {
    before = decide(window, deploy, {
      ...config,
      closedMinute: m,
      quiet: false,
      othersAlive: false,
      excluded: new Set(),
      before,
      nowMs: (m + 1) * 60_000,
    })
    if (before.verdict === 'regressed') return 'regressed'
    await yieldToLoop()
  }
  return before?.verdict ?? 'insufficient_data'
}
