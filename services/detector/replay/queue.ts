import type { Clock } from '../../../shared/runtime/clock.ts'
import { short } from '../../../shared/runtime/log.ts'
import { listDeploys } from '../../../shared/state/deploys.ts'
import { openReplays, type Replay, saveReplay } from '../../../shared/state/replays.ts'
import type { Deps } from '../memory.ts'
import { placebo } from './placebo.ts'
import { seeded } from './random.ts'
import { replay } from './replay.ts'

/** Said of a replay while it runs for the second time. */
const CUT_OFF = 'the process ended while it ran; it began again'

/**
 * Runs the oldest replay that waits, or one that the end of the process had cut off: that one once more, since it may be what ended it. True
 * where there was one.
 */
export async function runQueued(deps: Deps, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const [queued] = await openReplays(deps.state, 1)
  if (!queued) return false
  const end = (of: Replay, status: 'done' | 'failed', error: string | null) =>
    saveReplay(deps.state, { ...of, status, error, finished_at: new Date(clock.nowMs()).toISOString() })
  const wasCutOff = queued.status === 'running'
  if (wasCutOff && queued.error === CUT_OFF) {
    await end(queued, 'failed', 'the process ended twice while it ran. Ask for less time at once')
    return true
  }
  const running: Replay = { ...queued, status: 'running', progress: 0, error: wasCutOff ? CUT_OFF : null }
  await saveReplay(deps.state, running)
  try {
    await end({ ...(await run(deps, running, signal)), progress: 1 }, 'done', null)
  } catch (error) {
    if (signal.aborted) {
      await saveReplay(deps.state, { ...queued, status: 'queued', error: null })
      return true
    }
    const text = short(String((error as Error).message), 500)
    deps.log.error({ event: 'replay_failed', replay: queued.id, error: text }, 'a replay failed')
    await end(running, 'failed', text)
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
