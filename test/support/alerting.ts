import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alert, type Transition } from '../../services/alerting/alert.ts'
import { readChannels } from '../../services/alerting/channels.ts'
import { createDeliverer, type Deliverer } from '../../services/alerting/deliver.ts'
import { type Timing, timing } from '../../services/alerting/lifecycle.ts'
import { freeClaims } from '../../services/alerting/outbox.ts'
import type { SendOptions } from '../../services/alerting/send.ts'
import type { Anomaly } from '../../shared/model/anomaly.ts'
import { type ManualClock, manualClock } from '../../shared/runtime/clock.ts'
import { loadConfig } from '../../shared/runtime/config.ts'
import { silentLog } from '../../shared/runtime/log.ts'
import type { Config } from '../../shared/runtime/settings.ts'
import { recordDeployEvent } from '../../shared/state/deploys.ts'
import { migrateState } from '../../shared/state/migrate.ts'
import { openSqlite } from '../../shared/state/sqlite.ts'
import type { State } from '../../shared/state/state.ts'
import { readMigrations } from '../../shared/store/migrate.ts'
import { seeded } from './random.ts'
import type { Sink } from './sink.ts'

export const T0 = Date.parse('2026-03-02T10:00:00.000Z')
export const BASE_URL = 'https://plumbline.example.com'
export const at = (ms: number) => new Date(T0 + ms).toISOString()

type AnomalyInput = Partial<Omit<Anomaly, 'evidence'>> & { reason?: string; n?: { baseline: number; current: number } }

/** An open anomaly of checkout's POST /pay: errors from 1.1 % to 12.4 % since v42. */
export function anomalyOf(input: AnomalyInput = {}): Anomaly {
  const { reason, n, ...given } = input
  const a: Omit<Anomaly, 'evidence'> = {
    id: 'ano_1',
    service: 'checkout',
    environment: 'production',
    signal: 'error_ratio',
    dimension: 'POST /pay',
    direction: 'up',
    harmful: true,
    state: 'open',
    started_at: at(-120_000),
    ended_at: null,
    observed: 0.124,
    expected: 0.011,
    lower: 0.006,
    upper: 0.019,
    unit: 'ratio',
    effect: 0.113,
    effect_unit: 'absolute',
    p_value: 0.00001,
    score: 0.98,
    deploy: { id: 'd_v42', version: 'v42', commit: 'b'.repeat(40), commits: [] },
    suspects: [],
    updated_at: at(0),
    ...given,
  }
  const { signal, dimension, direction, harmful, unit, observed, expected, lower, upper, effect, effect_unit } = a
  const span = { from: at(-3_600_000), to: at(0) }
  return {
    ...a,
    evidence: {
      closed_reason: a.state === 'closed' ? 'back inside its baseline' : null,
      finding: {
        signal,
        dimension,
        direction,
        harmful,
        unit,
        observed,
        expected,
        lower,
        upper,
        effect,
        effect_unit,
        p_value: a.p_value,
        q_value: a.p_value,
        score: a.score,
        n: n ?? { baseline: 4870, current: 412 },
        baseline: 'before',
        window: { baseline: span, current: span },
        started_at: a.started_at,
        method: 'test',
        reason: reason ?? 'Of 412 requests 51 failed; of 4,870 before the deploy 54 did',
        ...(a.signal === 'latency' ? { quantile: 0.95 } : {}),
        exemplar_trace_ids: ['0af7651916cd43dd8448eb211c80319c'],
        top_attributes: [],
        sql: 'SELECT 1',
      },
    },
  }
}

export const closed = (a: Anomaly, endedMs: number): Anomaly => ({
  ...a,
  state: 'closed',
  ended_at: at(endedMs),
  updated_at: at(endedMs),
  evidence: { ...a.evidence, closed_reason: 'back inside its baseline' },
})

export type AlertBed = {
  dir: string
  clock: ManualClock
  state: State
  config: Config
  context: { state: State; clock: ManualClock; config: Config; random: () => number; log: ReturnType<typeof silentLog> }
  deliverer: Deliverer
  /** One pass of alerting over these anomalies, and every delivery that it makes due now. */
  pass(...anomalies: Anomaly[]): Promise<Transition[]>
  /** Works off what is due now. */
  deliver(): Promise<void>
  /** As kill -9 and a start: a new alerter on the same state. */
  restart(): Promise<void>
  deployV42(): Promise<string>
  close(): Promise<void>
}

/** Alerting on a real state in a folder of its own, with a clock that is moved, real HTTP and no engine. */
export async function openAlertBed(
  o: {
    state?: State
    timing?: Partial<Timing>
    send?: Omit<SendOptions, 'allow'>
    allow?: string
    owner?: string
  } = {},
): Promise<AlertBed> {
  const dir = mkdtempSync(join(tmpdir(), 'plumbline-alert-'))
  const clock = manualClock(T0)
  const config = loadConfig({ PLUMBLINE_DATA_DIR: dir, PLUMBLINE_ALLOW_PRIVATE_TARGETS: o.allow ?? '127.0.0.0/8' })
  const open = async () => {
    const state = o.state ?? openSqlite(join(dir, 'state.db'))
    await migrateState(state, readMigrations('migrations/state'))
    return state
  }
  const plugins = await readChannels()
  const times = { ...timing, ...o.timing }
  const contextOf = (state: State) => ({ state, clock, config, random: seeded(7), log: silentLog() })
  const delivererOf = (context: AlertBed['context']) =>
    createDeliverer(context, {
      owner: o.owner ?? 'local',
      plugins,
      baseUrl: () => BASE_URL,
      ...(o.send ? { send: o.send } : {}),
    })
  const state = await open()
  const bed: AlertBed = {
    dir,
    clock,
    config,
    state,
    context: contextOf(state),
    deliverer: delivererOf(contextOf(state)),
    pass: async (...anomalies) => {
      const transitions = await alert(bed.context, anomalies, { timing: times, baseUrl: BASE_URL })
      await bed.deliver()
      return transitions
    },
    deliver: async () => {
      await bed.deliverer.pump()
      await bed.deliverer.idle()
    },
    restart: async () => {
      await bed.deliverer.stop()
      if (!o.state) await bed.state.close()
      bed.state = await open()
      if (!o.state) await freeClaims(bed.state)
      bed.context = contextOf(bed.state)
      bed.deliverer = delivererOf(bed.context)
    },
    deployV42: async () => {
      const event = {
        service: 'checkout',
        environment: 'production',
        version: 'v42',
        commit: 'b'.repeat(40),
        base_commit: 'a'.repeat(40),
        repository: 'https://github.com/acme/checkout',
        commits: [{ sha: 'b'.repeat(40), message: 'Retry payments without a limit', author: 'Ada Lovelace' }],
        started_at: at(-300_000),
      }
      const before = { ...event, version: 'v41', commit: 'a'.repeat(40), started_at: at(-86_400_000) }
      await recordDeployEvent(bed.state, before as never, 'api', clock.nowMs())
      return (await recordDeployEvent(bed.state, event as never, 'api', clock.nowMs())).deploy.id
    },
    close: async () => {
      await bed.deliverer.stop()
      await bed.state.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
  return bed
}

/** What a webhook channel sends, as far as tests read it. */
export type Told = {
  status: string
  groupKey: string
  commonAnnotations: Record<string, string>
  alerts: { status: string; labels: Record<string, string>; annotations: Record<string, string> }[]
}
export const toldTo = (sink: Sink): Told[] => sink.received.map((r) => JSON.parse(r.body) as Told)

/** The anomalies are seen, stand through the hold, and are told. */
export async function fireIn(bed: AlertBed, ...anomalies: ReturnType<typeof anomalyOf>[]): Promise<void> {
  await bed.pass(...anomalies)
  await bed.clock.advance(3_000)
  await bed.pass()
}
