import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Action } from './lifecycle.ts'
import type { Result } from './outbox.ts'

export type AlertingMetrics = {
  observe(state: string, result: Result, ms: number): void
  transition(actions: readonly Action[]): void
  refused(): void
  outbox(o: { pending: number; dead: number; oldestSeconds: number; firing: number }): void
}

/** Alerting's own metrics. `plumbline_oldest_undelivered_seconds` is the one to alert on elsewhere. */
export function alertingMetrics(registry: Registry): AlertingMetrics {
  const registers = [registry]
  const tries = new Counter({
    name: 'plumbline_delivery_tries_total',
    help: 'Tries to deliver a message, by what became of it.',
    labelNames: ['state', 'status'],
    registers,
  })
  const seconds = new Histogram({
    name: 'plumbline_delivery_seconds',
    help: 'Time of one try.',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15],
    registers,
  })
  const transitions = new Counter({
    name: 'plumbline_incident_transitions_total',
    help: 'Transitions of incidents, and messages that they owed.',
    labelNames: ['action'],
    registers,
  })
  const refused = new Counter({
    name: 'plumbline_anomalies_refused_total',
    help: 'Anomalies that could not be taken into an incident: nobody was told of them.',
    registers,
  })
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers })
  const oldest = gauge(
    'plumbline_oldest_undelivered_seconds',
    'Age of the oldest message that waits to be delivered; 0 where none does.',
  )
  const pending = gauge('plumbline_deliveries_pending', 'Messages that wait to be delivered.')
  const dead = gauge('plumbline_deliveries_dead', 'Dead letters.')
  const firing = gauge('plumbline_incidents_firing', 'Incidents that fire.')
  return {
    observe: (state, result, ms) => {
      tries.inc({ state, status: result.status === null ? 'none' : `${Math.floor(result.status / 100)}xx` })
      seconds.observe(ms / 1000)
    },
    transition: (actions) => {
      for (const action of actions) transitions.inc({ action })
    },
    refused: () => refused.inc(),
    outbox: (o) => {
      oldest.set(o.oldestSeconds)
      pending.set(o.pending)
      dead.set(o.dead)
      firing.set(o.firing)
    },
  }
}
