import { placebo } from '../../../services/detector/replay/placebo.ts'
import { seeded } from '../../../services/detector/replay/random.ts'
import { replay } from '../../../services/detector/replay/replay.ts'
import type { SeriesRow } from '../../../services/detector/window/window.ts'
import { silentLog } from '../../../shared/runtime/log.ts'
import type { Store } from '../../../shared/store/store.ts'
import { randomFrom } from '../../eval/generate/random.ts'
import { drawer } from '../../eval/world/draw.ts'
import { ENVIRONMENT, type ServiceSpec, T0 } from '../../eval/world/spec.ts'
import { SHIPPED } from '../../eval/world/watch.ts'
import { openBed } from '../../support/embedded.ts'
import type { Bench } from '../main.ts'

const SERVICES = 8
const DAY = 1440

/** A service that nothing happens to: busier by day, latency and errors that wander, load that slows, each service in its own way. */
function calm(i: number): ServiceSpec {
  const r = randomFrom(1000 + i)
  return {
    name: `calm-${i}`,
    routes: Array.from({ length: 4 }, (_, k) => ({
      key: `/${k}`,
      perMinute: 3 + 30 * r.uniform() ** 2,
      errorShare: 0.002 + 0.02 * r.uniform() ** 2,
      ms: 10 * 10 ** r.uniform(),
      sigma: 0.3 + 0.4 * r.uniform(),
    })),
    edges: [{ peer: 'store', share: 0.8, errorShare: 0.002, ms: 5 }],
    releases: [{ version: 'v1', at: -100_000, share: () => 1, instances: 3, overMinutes: 0 }],
    drift: 0.03 + 0.07 * r.uniform(),
    burst: 0.5 * r.uniform(),
    wave: 0.2 + 0.8 * r.uniform(),
    phase: 2 * Math.PI * r.uniform(),
    load: 0.2 * r.uniform(),
  }
}

const minuteS = (minute: number) => minute * 60
const of = ({ service, environment, version, commit }: SeriesRow) => ({ service, environment, version, commit })

/** Log records of a minute: with the traffic, and a share of errors that wanders as its errors do. */
function linesOf(spec: ServiceSpec, seed: number) {
  const r = randomFrom(5000 + seed)
  const perMinute = spec.routes.reduce((n, route) => n + route.perMinute, 0)
  const share = 0.002 + 0.05 * r.uniform() ** 2
  let wander = 0
  return (minute: number) => {
    wander = 0.9 * wander + spec.drift * r.normal()
    const busy = perMinute * Math.exp(spec.wave * Math.sin((2 * Math.PI * minute) / DAY + spec.phase))
    const at = { service: spec.name, environment: ENVIRONMENT, version: 'v1', commit: 'v1', computed_at: 1 }
    return [
      { ...at, minute: minuteS(T0 + minute), severity: 'info', count: r.poisson(2 * busy) },
      { ...at, minute: minuteS(T0 + minute), severity: 'error', count: r.poisson(share * busy * Math.exp(wander)) },
    ]
  }
}

/** The day of one service, drawn request by request, as the rollups hold it. */
async function store(into: Store, spec: ServiceSpec, seed: number): Promise<void> {
  const draw = drawer(spec, randomFrom(seed))
  const tables = {
    rollup_routes: [],
    rollup_services: [],
    rollup_edges: [],
    rollup_metrics: [],
    rollup_logs: [],
  } as Record<string, Record<string, unknown>[]>
  const lines = linesOf(spec, seed)
  for (let minute = 0; minute < DAY; minute++) {
    tables.rollup_logs!.push(...lines(minute))
    for (const [cell, rows] of draw(minute))
      for (const row of rows)
        for (const [m, total, bad, sum, bucket_index = [], bucket_count = []] of row.cells) {
          const at = { ...of(row), minute: minuteS(m), computed_at: minuteS(m) * 1000 }
          const counts = {
            requests: total,
            errors: bad,
            duration_sum_ns: Math.round(sum * 1e6),
            bucket_index,
            bucket_count,
          }
          if (cell === 'metric')
            tables.rollup_metrics!.push({
              ...at,
              metric: row.key,
              kind: row.kind,
              unit: row.unit,
              points: total,
              value_sum: sum,
            })
          else if (cell === 'edge') tables.rollup_edges!.push({ ...at, peer: row.key, route: 'call', ...counts })
          else tables.rollup_routes!.push({ ...at, route: row.key, ...counts })
        }
  }
  for (const [table, rows] of Object.entries(tables))
    for (let i = 0; i < rows.length; i += 20_000) await into.insert(table, rows.slice(i, i + 20_000))
}

/** The rollup of whole services, added up from the routes as the detector does. */
const ADD_UP = `INSERT INTO rollup_services (minute, service, environment, version, commit, requests, errors, duration_sum_ns, bucket_index, bucket_count, computed_at)
SELECT minute, service, environment, version, commit, sum(requests), sum(errors), sum(duration_sum_ns), (sumMap(bucket_index, bucket_count) AS h).1, arrayMap(n -> toUInt32(n), h.2), max(computed_at)
FROM rollup_routes GROUP BY minute, service, environment, version, commit`

/** False alarms of a day of several services in which nothing was deployed and nothing went wrong: of pretended deploys, and without any. */
const run: Bench = async ({ scale, say }) => {
  const bed = await openBed()
  const services = Math.max(1, Math.round(SERVICES * scale))
  for (let i = 0; i < services; i++) await store(bed.store, calm(i), i + 1)
  await bed.store.exec(ADD_UP)
  const span = { fromMs: minuteS(T0) * 1000, toMs: minuteS(T0 + DAY) * 1000 }
  const deps = { ...bed, log: silentLog(), config: { ...SHIPPED } }
  const { anomalies } = await replay(deps, span)
  const found = await placebo(deps, { ...span, deploys: [], anomalies, random: seeded('a calm day') })
  say(`${services} services, a day of ${ENVIRONMENT} drawn request by request, nothing deployed`)
  for (const s of found.by_sensitivity)
    say(
      `  ${s.sensitivity}: ${s.regressed} of ${s.judged} moments blamed, ${s.per_service_and_week?.toFixed(2)} a service and week if it deployed without pause`,
    )
  const { anomalies: harmful, per_service_and_week } = found.without_deploy
  say(
    `  without a deploy: ${anomalies.length} anomalies, ${harmful} of them harmful: ${per_service_and_week?.toFixed(2)} a service and week`,
  )
  for (const a of anomalies) say(`    ${a.service} ${a.signal} ${a.dimension}: ${a.evidence.finding.reason}`)
  await bed.close()
}

export default run
