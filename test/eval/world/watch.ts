import type { Around } from '../../../services/detector/attribution/around.ts'
import { decide } from '../../../services/detector/decide/decide.ts'
import { pooled } from '../../../services/detector/decide/latency.ts'
import type { Point } from '../../../services/detector/rolling/lines.ts'
import { BEFORE_MINUTES, HISTOGRAM_MINUTES } from '../../../services/detector/window/cache.ts'
import { addRows, emptyWindow, type SeriesRow, type Window } from '../../../services/detector/window/window.ts'
import type { Deploy } from '../../../shared/model/deploy.ts'
import type { Verdict } from '../../../shared/model/verdict.ts'
import { quantileMs } from '../../../shared/store/histogram.ts'
import type { Random } from '../generate/random.ts'
import { drawer } from './draw.ts'
import { ENVIRONMENT, T0, type World } from './spec.ts'

/** The shipped defaults (shared/runtime/settings.ts). */
export const SHIPPED = { settleMinutes: 1, watchMinutes: 60, sensitivity: 'normal' } as const

/** How one deploy of a world was seen over its watch. */
export type Seen = {
  deploy: Deploy
  /** Minute of the world at whose end it was first called regressed, or null, and what was said. */
  regressedAt: number | null
  reason: string
  last: Verdict
}
export type Outcome = {
  seen: Seen[]
  /** Of the guilty deploy: place among the world's deploys by score when it was found (ties count against it). */
  rank: number | null
  /** Its worst place among the suspects that the verdicts on the innocent name, or null where none names any. */
  named: number | null
  minutes: number | null
}

type Drawn = { window: Window; line: Map<number, Point>; next: (minute: number) => void }

/** A minute of a whole service, as the pipeline's lines hold it. */
function pointOf(minute: number, rows: readonly SeriesRow[]): Point {
  const cells = rows.flatMap((row) => row.cells)
  const buckets = pooled(cells.map(([, , , , index, count]) => new Map(index!.map((i, k) => [i, count![k]!]))))
  const sum = (k: 1 | 2) => cells.reduce((n, c) => n + c[k], 0)
  return { minute, requests: sum(1), errors: sum(2), p95Ms: quantileMs(buckets, 0.95) ?? 0 }
}

/** Looks at every deploy of a world at the end of every minute, with what is known by then. */
export function watch(world: World, r: Random, minutes: number = SHIPPED.watchMinutes): Outcome {
  const windows = new Map<string, Drawn>()
  for (const spec of world.services) {
    const window = emptyWindow(
      { service: spec.name, environment: ENVIRONMENT },
      T0 - BEFORE_MINUTES,
      T0 + minutes + 15,
      T0 - HISTOGRAM_MINUTES,
    )
    const line = new Map<number, Point>()
    const draw = drawer(spec, r)
    const next = (minute: number) => {
      for (const [cell, rows] of draw(minute)) {
        addRows(window, cell, rows)
        if (cell === 'route') line.set(T0 + minute, pointOf(T0 + minute, rows))
      }
    }
    for (let m = -world.history; m < 0; m++) next(m)
    windows.set(spec.name, { window, line, next })
  }
  const seen = new Map<string, Seen>()
  let rank: number | null = null
  for (let m = 0; m < minutes; m++) {
    for (const { next } of windows.values()) next(m)
    for (const deploy of world.deploys) {
      const before = seen.get(deploy.id)
      const began = Date.parse(deploy.started_at) / 60_000 - T0
      if (began > m || (before && (before.regressedAt !== null || before.last.final))) continue
      const last = lookAt(
        windows.get(deploy.service)!.window,
        deploy,
        m,
        before?.last ?? null,
        wrongMinutes(seen, deploy, m),
        aroundOf(world, windows, m),
      )
      const regressed = last.verdict === 'regressed'
      seen.set(deploy.id, { deploy, regressedAt: regressed ? m : null, reason: regressed ? last.reason : '', last })
    }
    const guilty = world.guilty === null ? undefined : seen.get(world.guilty)
    if (guilty && guilty.regressedAt === m)
      rank = [...seen.values()].filter((s) => s !== guilty && s.last.score >= guilty.last.score).length + 1
  }
  const guilty = world.guilty === null ? undefined : seen.get(world.guilty)
  const minutesTaken = guilty && guilty.regressedAt !== null ? guilty.regressedAt + 1 - world.onset : null
  const places = [...seen.values()]
    .filter((s) => s !== guilty && s.regressedAt === null && s.last.suspects.length > 0)
    .map((s) => s.last.suspects.findIndex((x) => x.deploy_id === world.guilty) + 1 || Number.POSITIVE_INFINITY)
  const named = guilty && places.length > 0 ? Math.max(...places) : null
  return { seen: [...seen.values()], rank, named, minutes: minutesTaken }
}

export function lookAt(
  window: Window,
  deploy: Deploy,
  minute: number,
  before: Verdict | null,
  excluded: ReadonlySet<number>,
  around?: Around,
): Verdict {
  return decide(window, deploy, {
    ...SHIPPED,
    siblings: around?.near.filter((d) => d.service === deploy.service) ?? [],
    around,
    closedMinute: T0 + minute,
    quiet: false,
    othersAlive: true,
    excluded,
    before,
    nowMs: (T0 + minute + 1) * 60_000 + 8_000,
  })
}

/** What the pipeline reads of the services around: their windows, who calls whom, and the deploys so far. */
function aroundOf(world: World, windows: ReadonlyMap<string, Drawn>, minute: number): Around {
  return {
    windows: new Map([...windows].map(([service, w]) => [service, w.window])),
    lines: new Map([...windows].map(([service, w]) => [service, w.line])),
    calls: world.services.flatMap((s) =>
      s.edges.filter((e) => windows.has(e.peer)).map((e) => ({ caller: s.name, callee: e.peer })),
    ),
    near: world.deploys.filter((d) => Date.parse(d.started_at) <= (T0 + minute + 1) * 60_000),
  }
}

/** Minutes in which another deploy of the service is held to have made it worse: no part of a baseline. */
function wrongMinutes(seen: ReadonlyMap<string, Seen>, deploy: Deploy, minute: number): Set<number> {
  const wrong = new Set<number>()
  for (const s of seen.values()) {
    if (s.deploy === deploy || s.deploy.service !== deploy.service || s.regressedAt === null) continue
    const from = Math.min(...s.last.findings.filter((f) => f.harmful).map((f) => Date.parse(f.started_at) / 60_000))
    for (let m = from; m <= T0 + minute; m++) wrong.add(m)
  }
  return wrong
}
