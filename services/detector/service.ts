import { Counter, Gauge, Histogram } from 'prom-client'
import { type Loop, startLoop } from '../../shared/runtime/loop.ts'
import type { Context, ServiceFactory } from '../../shared/runtime/service.ts'
import { detect } from './detect.ts'
import { newMemory } from './memory.ts'
import { runQueued } from './replay/queue.ts'

/** Passes missed before the target calls itself not ready. */
const LATE_PASSES = 6
const REPLAYS_EVERY_MS = 2_000

/** Every few seconds: what was ingested becomes rollups, deploys, verdicts and anomalies. */
export const detector: ServiceFactory = (context) => {
  const { clock, config, metrics } = context
  const memory = newMemory(context)
  const measured = measures(metrics)
  let loop: Loop | null = null
  let replays: Loop | null = null
  let startedMs = 0
  const pass = async () => {
    const endTimer = measured.seconds.startTimer()
    const result = await detect(context, memory, clock)
    endTimer()
    measured.minutes.inc(result.minutes)
    measured.verdicts.inc(result.verdicts)
    measured.lag.set(result.lagMs / 1000)
    measured.series.set(memory.windows.seriesCount())
    measured.watched.set(memory.watched.size)
    measured.open.set(memory.open.size)
  }
  return {
    name: 'detector',
    start: async () => {
      startedMs = clock.nowMs()
      loop = startLoop({ name: 'detector', everyMs: config.detectEveryS * 1000, clock, log: context.log, run: pass })
      replays = startLoop({
        name: 'replays',
        everyMs: REPLAYS_EVERY_MS,
        clock,
        log: context.log,
        run: async (signal) => {
          while (!signal.aborted && (await runQueued(context, clock, signal)));
        },
      })
    },
    stop: async () => {
      await Promise.all([loop?.stop(), replays?.stop()])
      await memory.patterns.save(clock.nowMs(), true)
    },
    notReady: () => {
      const last = loop?.lastSuccessMs() ?? startedMs
      const lateMs = Math.max(60_000, LATE_PASSES * config.detectEveryS * 1000)
      if (loop && clock.nowMs() - last <= lateMs) return null
      return 'the detector has not finished a pass lately; see its log'
    },
  }
}

function measures(register: Context['metrics']) {
  return {
    seconds: new Histogram({
      name: 'plumbline_detector_pass_seconds',
      help: 'How long a detector pass took.',
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60],
      registers: [register],
    }),
    minutes: new Counter({
      name: 'plumbline_detector_minutes_total',
      help: 'Minutes of telemetry whose rollups were recomputed.',
      registers: [register],
    }),
    verdicts: new Counter({
      name: 'plumbline_detector_verdicts_total',
      help: 'Verdicts written, also those that only gained evidence.',
      registers: [register],
    }),
    lag: new Gauge({
      name: 'plumbline_detector_lag_seconds',
      help: 'From when ingest noted the newest change to the end of the pass that judged it; 0 where nothing changed.',
      registers: [register],
    }),
    series: new Gauge({
      name: 'plumbline_detector_series',
      help: 'Series of rollups kept in memory for judging.',
      registers: [register],
    }),
    watched: new Gauge({
      name: 'plumbline_detector_deploys_watched',
      help: 'Deploys that are being judged.',
      registers: [register],
    }),
    open: new Gauge({
      name: 'plumbline_detector_anomalies_open',
      help: 'Anomalies that are open.',
      registers: [register],
    }),
  }
}
