import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

export type Rejection = 'decode' | 'invalid_item' | 'too_large' | 'overload' | 'auth' | 'transport' | 'quota'

/** Ingest's own numbers on `/metrics`; all begin with `plumbline_ingest_`. */
export function ingestMetrics(registry: Registry) {
  const at = { registers: [registry] }
  const counter = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Counter<L>({ name: `plumbline_ingest_${name}`, help, labelNames, ...at })
  return {
    accepted: counter('accepted_total', 'Spans, log records and data points taken', ['signal']),
    rejectedItems: counter('rejected_items_total', 'Items refused for good within an accepted request', ['signal']),
    rejected: counter<'reason'>('rejected_total', 'Requests refused', ['reason']),
    bodyBytes: counter('body_bytes_total', 'Bytes of accepted bodies, inflated', ['signal']),
    resends: counter('resends_absorbed_total', 'Byte-equal bodies answered without storing them again'),
    redacted: counter('redacted_total', 'Values masked before they were written', ['rule']),
    overflowed: counter('overflowed_total', 'Items stored under an overflow series or name: too many distinct ones', [
      'what',
    ]),
    hangUps: counter('hang_ups_total', 'Requests whose client went away before the answer'),
    insertedRows: counter('inserted_rows_total', 'Rows inserted', ['table']),
    insertedBytes: counter('inserted_bytes_total', 'Bytes of Native blocks inserted', ['table']),
    insertFailures: counter('insert_failures_total', 'Inserts that failed and were tried again'),
    deadRows: counter('dead_rows_total', 'Rows that the engine refused, kept in dead_rows', ['table']),
    repaired: counter('batches_repaired_total', 'Batches found half stored after a crash, deleted and inserted again'),
    replayed: counter('replayed_records_total', 'Bodies read back from the log'),
    damaged: counter('log_damaged_total', 'Damaged parts of the log that were set aside'),
    insertSeconds: new Histogram({
      name: 'plumbline_ingest_insert_seconds',
      help: 'Time of one insert',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      ...at,
    }),
  }
}

export type IngestMetrics = ReturnType<typeof ingestMetrics>

/** Numbers that are read when `/metrics` is. */
export function watchGauges(
  registry: Registry,
  read: { logBytes: () => number; logAgeSeconds: () => number; inFlightBytes: () => number },
): void {
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name: `plumbline_ingest_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(value())
      },
    })
  gauge('log_bytes', 'Bytes of the log that are not in the tables yet', read.logBytes)
  gauge('log_age_seconds', 'Age of the oldest body that is not in its table yet', read.logAgeSeconds)
  gauge('in_flight_bytes', 'Bytes of bodies being read and decoded', read.inFlightBytes)
}
