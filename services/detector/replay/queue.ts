import type { Clock } from '../../../shared/runtime/clock.ts'
import { short } from '../../../shared/runtime/log.ts'
import { listDeploys } from '../../../shared/state/deploys.ts'
import { openReplays, type Replay, saveReplay } from '../../../shared/state/replays.ts'
import type { Deps } from '../memory.ts'
import { placebo } from './placebo.ts'
import { seeded } from './random.ts'
import { replay } from './replay.ts'

/** Runs the oldest replay that waits, or one that a stop had cut off. True where there was one. */
export async function runQueued(deps: Deps, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const [queued] = await openReplays(deps.state, 1)
  if (!queued) return false
  const running: Replay = { ...queued, status: 'running', progress: 0 }
  await saveReplay(deps.state, running)
  try {
    const done = await run(deps, running, signal)
    await saveReplay(deps.state, {
      ...done,
      status: 'done',
      progress: 1,
      finished_at: new Date(clock.nowMs()).toISOString(),
    })
  } catch (error) {
    if (signal.aborted) return true
    const text = short(String((error as Error).message), 500)
    deps.log.error({ event: 'replay_failed', replay: queued.id, error: text }, 'a replay failed')
    await saveReplay(deps.state, {
      ...running,
      status: 'failed',
      error: text,
      finished_at: new Date(clock.nowMs()).toISOString(),
    })
  }
  return true
}

async function run(deps: Deps, queued: Replay, signal: AbortSignal): Promise<Replay> {
  const { settings } = queued
  const own: Deps = {
    ...deps,
    config: {
      settleMinutes: settings.settle_minutes ?? deps.config.settleMinutes,
      watchMinutes: settings.watch_minutes ?? deps.config.watchMinutes,
      sensitivity: settings.sensitivity ?? deps.config.sensitivity,
    },
  }
  const span = { fromMs: Date.parse(queued.from), toMs: Date.parse(queued.to), signal }
  const result = await replay(own, {
    ...span,
    progress: (share) => saveReplay(deps.state, { ...queued, progress: share * (queued.placebo ? 0.5 : 0.95) }),
  })
  if (!queued.placebo) return { ...queued, ...result }
  const { items } = await listDeploys(deps.state, { fromMs: span.fromMs - 86_400_000, toMs: span.toMs, limit: 1000 })
  const found = await placebo(own, {
    ...span,
    deploys: items,
    anomalies: result.anomalies,
    random: seeded(queued.from + queued.to),
  })
  return { ...queued, ...result, placebo: found }
}
