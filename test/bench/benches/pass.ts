import { decide } from '../../../services/detector/decide/decide.ts'
import { failingStands, slowerStands } from '../../../services/detector/rolling/count-trigger.ts'
import { stands } from '../../../services/detector/rolling/metric-trigger.ts'
import { spanOf } from '../../../services/detector/window/cache.ts'
import { addRows, type CellRow, emptyWindow, type Window } from '../../../services/detector/window/window.ts'
import { randomFrom } from '../../eval/generate/random.ts'
import { deployOf, ENVIRONMENT, T0 } from '../../eval/world/spec.ts'
import { SHIPPED } from '../../eval/world/watch.ts'
import type { Bench } from '../main.ts'

const SERVICES = 200
const ROUTES = 20
const VERSIONS = ['v1', 'v2', 'v3']
/** Minutes since the deploy at the look that is measured. */
const SINCE = 30
const DAY = 1440

/** A day of one service; v3 came half an hour ago. What the window does not span is read past, as the store's answer would be. */
function dayOf(name: string, seed: number): Window {
  const r = randomFrom(seed)
  const deploy = deployOf(name, 'v3', 0, 'v2')
  const span = spanOf(deploy, SHIPPED.watchMinutes)
  const window = emptyWindow({ service: name, environment: ENVIRONMENT }, span.from, span.to, span.histogramsFrom)
  for (let route = 0; route < ROUTES; route++)
    for (const version of VERSIONS) {
      const [from, to] = version === 'v1' ? [-DAY + SINCE, -DAY / 2] : version === 'v2' ? [-DAY / 2, 0] : [0, SINCE]
      const cells = Array.from({ length: to - from }, (_, i): CellRow => {
        const index = Array.from({ length: 12 }, (_, k) => 420 + k)
        const count = index.map((_, k) => r.poisson(3 * Math.exp(-((k - 5) ** 2) / 8)))
        const total = count.reduce((a, b) => a + b, 0)
        return [T0 + from + i, total, r.poisson(0.1), 80 * total, index, count]
      })
      addRows(window, 'route', [
        { service: name, environment: ENVIRONMENT, version, commit: '', key: `/${route}`, cells },
      ])
    }
  return window
}

/** Metrics of a service that are followed without a deploy, and minutes of them that are known. */
const METRICS = 100
const KNOWN = 420

/** CPU seconds of one minute's first look at the metrics of all services, which nothing happened to. */
function followS(services: number): number {
  const r = randomFrom(7)
  const lines = Array.from(
    { length: services * METRICS },
    () => new Map(Array.from({ length: KNOWN }, (_, m) => [T0 + m, 100 + 10 * r.normal()])),
  )
  const before = process.cpuUsage()
  for (const line of lines) stands((minute) => line.get(minute), T0 + KNOWN - 1)
  const used = process.cpuUsage(before)
  return (used.user + used.system) / 1e6
}

/** Far sides of a service whose calls are followed without a deploy. */
const EDGES = 20

/** CPU seconds of one minute's first looks at the calls of all services, which nothing happened to. */
function followCallsS(services: number): number {
  const r = randomFrom(8)
  const lines = Array.from({ length: services * EDGES }, () =>
    Array.from({ length: KNOWN }, () => ({ total: 30, bad: r.poisson(0.3), ms: 600 * Math.exp(0.2 * r.normal()) })),
  )
  const before = process.cpuUsage()
  for (const line of lines) {
    failingStands((minute) => line[minute], KNOWN - 1)
    slowerStands((minute) => line[minute], KNOWN - 1)
  }
  const used = process.cpuUsage(before)
  return (used.user + used.system) / 1e6
}

/** Every service deployed half an hour ago and is judged once: CPU of the judging alone, and of taking up the rows. */
const run: Bench = async ({ scale, say }) => {
  const services = Math.max(1, Math.round(SERVICES * scale))
  const seconds = (since: NodeJS.CpuUsage) => {
    const used = process.cpuUsage(since)
    return (used.user + used.system) / 1e6
  }
  let drawS = 0
  let judgeS = 0
  for (let i = 0; i < services; i++) {
    const before = process.cpuUsage()
    const window = dayOf(`service-${i}`, i + 1)
    drawS += seconds(before)
    const start = process.cpuUsage()
    decide(window, deployOf(window.service, 'v3', 0, 'v2'), {
      ...SHIPPED,
      closedMinute: T0 + SINCE - 1,
      quiet: false,
      othersAlive: true,
      excluded: new Set(),
      before: null,
      nowMs: (T0 + SINCE) * 60_000,
    })
    judgeS += seconds(start)
  }
  say(`${services} services × ${ROUTES} routes × ${VERSIONS.length} versions, a day of rollups`)
  say(`  judging ${judgeS.toFixed(2)} CPU s; drawing the day and taking up its rows ${drawS.toFixed(2)} CPU s`)
  say(`  a minute of ${services * METRICS} metrics followed without a deploy ${followS(services).toFixed(2)} CPU s`)
  say(
    `  a minute of calls to ${services * EDGES} far sides followed without a deploy ${followCallsS(services).toFixed(2)} CPU s`,
  )
}

export default run
