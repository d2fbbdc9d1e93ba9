import { DecodeError } from './error.ts'
import { defaultLimits, type Limits } from './limits.ts'

export type { Limits }
export { DecodeError, defaultLimits }

export type Signal = 'traces' | 'logs' | 'metrics'
export type Encoding = 'protobuf' | 'json'
export type Table =
  | 'otel_traces'
  | 'otel_logs'
  | 'otel_metrics_gauge'
  | 'otel_metrics_sum'
  | 'otel_metrics_histogram'
  | 'otel_metrics_exponential_histogram'
  | 'otel_metrics_summary'

/**
 * What became of one request. `rejected` goes into partial_success.rejected_*, `remarks` (English, each once) into its
 * error_message; `redacted` counts the values masked, by rule.
 */
export type Decoded = {
  accepted: number
  rejected: number
  remarks: string[]
  redacted: Record<string, number>
}

/** A block that is being filled: one table, one UTC day. `minutes` are epoch minutes; `bytes` is about what the block will take. */
export type OpenBlock = {
  key: string
  table: Table
  day: string
  rows: number
  bytes: number
  minutes: ReadonlySet<number>
}

/** A finished block: `native` is exactly one block in ClickHouse's Native format, all columns in the order of the table. */
export type SealedBlock = {
  table: Table
  day: string
  rows: number
  minutes: number[]
  native: Uint8Array
}

/**
 * OTLP requests in, Native blocks out. Deterministic: the same bodies with the same receive times in the same order give the
 * same bytes.
 */
export class Batches {
  readonly limits: Limits

  constructor(limits: Partial<Limits> = {}) {
    this.limits = { ...defaultLimits, ...limits }
  }

  /** All or nothing: where it throws (DecodeError) every open block is as it was before. */
  append(_signal: Signal, _encoding: Encoding, _body: Uint8Array, _receivedAtMs: number): Decoded {
    throw new DecodeError('cannot decode yet')
  }

  open(): OpenBlock[] {
    return []
  }

  /** Closes one open block (`key` from `open()`), gives its rows the `_batch` number, and forgets them. */
  seal(key: string, _batch: bigint): SealedBlock {
    throw new Error(`cannot seal ${key}: no such open block`)
  }
}
