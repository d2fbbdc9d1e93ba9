import { randomBytes } from 'node:crypto'
import type { Anomaly } from '../../shared/model/anomaly.ts'
import { short } from '../../shared/runtime/log.ts'
import { type Loop, startLoop } from '../../shared/runtime/loop.ts'
import type { Context, ServiceFactory } from '../../shared/runtime/service.ts'
import { allowedNetworks } from '../../shared/security/target.ts'
import { syncScriptChannels } from '../../shared/state/script-channels.ts'
import { readChannels } from './channels.ts'
import { createDeliverer, type Deliverer } from './deliver.ts'
import { timing } from './lifecycle.ts'
import { type AlertingMetrics, alertingMetrics } from './metrics.ts'
import { freeClaims, outboxStats } from './outbox.ts'
import { prune } from './prune.ts'
import { resend } from './resend.ts'
import { tellDeploys } from './tell-deploys.ts'
import { createWatcher } from './watch.ts'

const WATCH_EVERY_MS = 1_000
const DELIVER_EVERY_MS = 500
/** Alertmanager forgets what it was told when it restarts. */
const RESEND_EVERY_MS = 3 * 60_000
const DEPLOYS_EVERY_MS = 10_000
const PRUNE_EVERY_MS = 3_600_000
/** As long as rollups are kept. */
const KEEP_RETENTIONS = 4

/** Where on-call opens links: the setting, else where the console listens in this process, else where it would. */
const baseUrlOf = (context: Context): string =>
  (context.config.publicUrl || context.urls.web || `http://${context.config.host}:${context.config.webPort}`).replace(
    /\/+$/,
    '',
  )

async function report(context: Context, metrics: AlertingMetrics): Promise<void> {
  const stats = await outboxStats(context.state)
  const firing = await context.state.get<{ n: number }>("SELECT COUNT(*) AS n FROM incidents WHERE phase = 'firing'")
  const oldestSeconds = stats.oldestCreatedMs === null ? 0 : (context.clock.nowMs() - stats.oldestCreatedMs) / 1000
  metrics.outbox({ pending: stats.pending, dead: stats.dead, oldestSeconds, firing: Number(firing?.n ?? 0) })
}

const refusing =
  ({ log }: Context, metrics: AlertingMetrics) =>
  ({ id, service }: Anomaly, error: Error) => {
    metrics.refused()
    log.error(
      { event: 'anomaly_refused', anomaly: id, service, error: short(String(error.stack ?? error), 2000) },
      'nobody is told of an anomaly: look at it in the console, and report this',
    )
  }

/** Anomalies → incidents → deliveries. */
export const alerting: ServiceFactory = (context) => {
  let loops: Loop[] = []
  let deliverer: Deliverer | null = null
  let release: (() => Promise<void>) | null = null
  const start = async () => {
    allowedNetworks(context.config.allowPrivateTargets)
    // Beside SQLite there is one alerter, so a restart need not wait for what the process before it had claimed.
    const owner = context.state.kind === 'sqlite' ? 'local' : `alerter-${randomBytes(8).toString('hex')}`
    if (context.state.kind === 'sqlite') await freeClaims(context.state)
    const { clock, log } = context
    const baseUrl = () => baseUrlOf(context)
    const metrics = alertingMetrics(context.metrics)
    const plugins = await readChannels()
    await syncScriptChannels(context, context.config.scripts)
    const delivering = createDeliverer(context, { owner, plugins, baseUrl, metrics })
    const watcher = createWatcher(context, { owner, timing, baseUrl, onRefused: refusing(context, metrics) })
    deliverer = delivering
    release = watcher.release
    const watch = async () => {
      for (const t of await watcher.pass()) {
        metrics.transition(t.actions)
        log.info(
          { event: 'incident', incident: t.incident, actions: t.actions, reason: t.reason },
          'an incident changed',
        )
      }
      await delivering.pump()
    }
    const again = async () => {
      await resend(context)
    }
    const kinds = new Set([...plugins.values()].filter((p) => p.renderDeploy).map((p) => p.kind))
    const deploys = async () => {
      await tellDeploys(context, { kinds, baseUrl: baseUrl() })
    }
    const deliver = async () => {
      await delivering.pump()
      await report(context, metrics)
    }
    loops = [
      startLoop({ name: 'alerting.watch', everyMs: WATCH_EVERY_MS, clock, log, run: watch }),
      startLoop({ name: 'alerting.deliver', everyMs: DELIVER_EVERY_MS, clock, log, run: deliver }),
      startLoop({ name: 'alerting.resend', everyMs: RESEND_EVERY_MS, clock, log, run: again }),
      startLoop({ name: 'alerting.deploys', everyMs: DEPLOYS_EVERY_MS, clock, log, run: deploys }),
      startLoop({
        name: 'alerting.prune',
        everyMs: PRUNE_EVERY_MS,
        clock,
        log,
        run: async () => {
          await prune(context.state, context.config.retentionDays * KEEP_RETENTIONS, clock.nowMs())
        },
      }),
    ]
  }
  return {
    name: 'alerting',
    start,
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop()))
      await deliverer?.stop()
      await release?.()
      loops = []
    },
    notReady: () => (loops.length > 0 ? null : 'alerting has not started'),
  }
}
