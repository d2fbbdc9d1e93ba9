import { findSecrets } from '../../../shared/security/redact.ts'
import { mayHoldCard } from '../../../shared/security/redact-card.ts'
import { Spare } from '../spare.ts'
import type { Block, Sums } from './block.ts'
import { Blocks } from './blocks.ts'
import { type ItemReader, walkRequest } from './envelope.ts'
import { DecodeError } from './error.ts'
import { requests } from './json/schema.ts'
import { type Transcoded, transcode } from './json/transcode.ts'
import { defaultLimits, type Limits } from './limits.ts'
import { LogBlock } from './log-columns.ts'
import { LogReader } from './logs.ts'
import { ExponentialBlock, HistogramBlock, NumberBlock, SummaryBlock } from './metric-columns.ts'
import { type MetricBlocks, MetricReader } from './metrics.ts'
import { dayText } from './place.ts'
import { Core } from './reader.ts'
import { withoutSecrets } from './redact-body.ts'
import { SpanBlock } from './span-columns.ts'
import { SpanReader } from './traces.ts'

export type { Sums } from './block.ts'
export type { Limits } from './limits.ts'
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
 * error_message; `redacted` counts the values masked, by rule; `overflowed` the items that went under an overflow series or name. `timeless`: no
 * item came with a time, so an equal body may be a new one and not a re-send.
 */
export type Decoded = {
  accepted: number
  rejected: number
  remarks: string[]
  redacted: Record<string, number>
  overflowed?: Record<string, number>
  timeless?: true
}

/** `stored`: protobuf to keep in place of the body, because the body holds secrets. Decoded again it gives the same rows. */
export type Appended = Decoded & { stored?: Uint8Array }

/** A block that is being filled: one table, one UTC day. `minutes` are epoch minutes; `bytes` is about what the block will take. */
export type OpenBlock = {
  key: string
  table: Table
  day: string
  rows: number
  bytes: number
  minutes: ReadonlySet<number>
}

/** A finished block: `native` is exactly one block in ClickHouse's Native format, with these columns, in the order of the table. */
export type SealedBlock = {
  table: Table
  day: string
  rows: number
  minutes: number[]
  columns: string[]
  native: Uint8Array
}

const NO_SPARE = new Spare(0)

/**
 * OTLP requests in, Native blocks out. Deterministic: the same bodies with the same receive times in the same order give the
 * same bytes.
 */
export class Batches {
  readonly limits: Limits
  readonly #core: Core
  readonly #spans = new Blocks('otel_traces', () => new SpanBlock())
  readonly #logs = new Blocks('otel_logs', () => new LogBlock())
  readonly #metrics: MetricBlocks = {
    gauge: new Blocks('otel_metrics_gauge', () => new NumberBlock('otel_metrics_gauge')),
    sum: new Blocks('otel_metrics_sum', () => new NumberBlock('otel_metrics_sum')),
    histogram: new Blocks('otel_metrics_histogram', () => new HistogramBlock()),
    exponential: new Blocks('otel_metrics_exponential_histogram', () => new ExponentialBlock()),
    summary: new Blocks('otel_metrics_summary', () => new SummaryBlock()),
  }
  readonly #all: Blocks<Block>[]
  readonly #readers: Record<Signal, ItemReader>

  /** `redact: false` stores values that look like secrets as they came. */
  constructor(limits: Partial<Limits> = {}, options: { redact?: boolean } = {}) {
    this.limits = { ...defaultLimits, ...limits }
    this.#core = new Core(this.limits, options.redact ?? true)
    this.#readers = {
      traces: new SpanReader(this.#core, this.#spans),
      logs: new LogReader(this.#core, this.#logs),
      metrics: new MetricReader(this.#core, this.#metrics),
    }
    this.#all = [this.#spans, this.#logs, ...Object.values(this.#metrics)] as unknown as Blocks<Block>[]
  }

  /** All or nothing: where it throws (DecodeError) every open block is as it was before. `receivedAtMs` is epoch milliseconds. */
  append(signal: Signal, encoding: Encoding, body: Uint8Array, receivedAtMs: number): Appended {
    const read =
      encoding === 'json'
        ? transcode(body, requests[signal], this.limits.maxDepth)
        : { wire: body, snakeKeys: 0, mended: 0 }
    const { wire } = read
    this.#read(signal, read, receivedAtMs)
    if (!this.#mayHide(encoding, body, wire)) return this.#decoded()
    const clean = withoutSecrets(wire, requests[signal], this.limits.maxDepth)
    // Of JSON what no message has is gone from `wire` already.
    if (clean === null) {
      const isGone = encoding === 'json' && findSecrets(body, 0, body.length).length > 0
      return { ...this.#decoded(), ...(isGone && { stored: wire }) }
    }
    for (const blocks of this.#all) blocks.rollback()
    this.#read(signal, { ...read, wire: clean.body }, receivedAtMs)
    return { ...this.#decoded(), redacted: Object.fromEntries(clean.redacted), stored: clean.body }
  }

  #read(signal: Signal, { wire: body, snakeKeys, mended }: Transcoded, receivedAtMs: number): void {
    const { wire, intake, contexts } = this.#core
    for (const blocks of this.#all) blocks.begin()
    intake.begin(receivedAtMs)
    try {
      if (snakeKeys > 0) intake.remark('keys in snake_case read: OTLP/JSON spells them in camelCase', snakeKeys)
      if (mended > 0) intake.remarkMended(mended)
      wire.start(body)
      walkRequest(wire, contexts, this.#readers[signal])
    } catch (cause) {
      for (const blocks of this.#all) blocks.rollback()
      throw cause
    }
  }

  /**
   * Whether the body just read may hold a secret. What the rows have as it came was looked at for tokens while it was copied; only where
   * something was altered, left out or rejected, and in JSON (members that no message has), the body itself is looked at. Card numbers,
   * which no single byte tells, are looked for in every body.
   */
  #mayHide(encoding: Encoding, body: Uint8Array, wire: Uint8Array): boolean {
    const { intake } = this.#core
    if (!intake.redacts) return false
    if (intake.sensitive || intake.redacted.size > 0 || mayHoldCard(wire, 0, wire.length)) return true
    return (encoding === 'json' || intake.altered) && findSecrets(body, 0, body.length).length > 0
  }

  #decoded(): Decoded {
    const { intake } = this.#core
    return {
      accepted: intake.accepted,
      rejected: intake.rejected,
      remarks: [...intake.remarks].map(([text, times]) => `${text} (${times})`),
      redacted: Object.fromEntries(intake.redacted),
      ...(intake.overflowed.size > 0 && { overflowed: Object.fromEntries(intake.overflowed) }),
      ...(intake.accepted > 0 && !intake.timed && { timeless: true as const }),
    }
  }

  /** The blocks that hold rows. */
  open(): OpenBlock[] {
    return this.#all.flatMap((blocks) =>
      blocks.open().map((block) => ({
        key: block.key(),
        table: block.table,
        day: dayText(block.day),
        rows: block.rows,
        bytes: block.bytes(),
        minutes: block.minutes,
      })),
    )
  }

  /** What the rows of one open block (`key` from `open()`) are told by. */
  sums(key: string): Sums {
    return this.#block(key).block.sums()
  }

  /** Closes one open block (`key` from `open()`), gives its rows the `_batch` number, and forgets them. Its bytes lie in memory of `spare`. */
  seal(key: string, batch: bigint, spare = NO_SPARE): SealedBlock {
    const { blocks, block } = this.#block(key)
    return blocks.close(block, (open) => this.#sealed(open, batch, spare))
  }

  #block(key: string): { blocks: Blocks<Block>; block: Block } {
    for (const blocks of this.#all) {
      const block = blocks.open().find((candidate) => candidate.key() === key)
      if (block !== undefined) return { blocks, block }
    }
    throw new Error(`cannot find ${key}: no such open block`)
  }

  #sealed(block: Block, batch: bigint, spare: Spare): SealedBlock {
    return {
      table: block.table,
      day: dayText(block.day),
      rows: block.rows,
      minutes: [...block.minutes].sort((a, b) => a - b),
      columns: [...block.fields.map(({ name }) => name), '_batch'],
      native: block.native(batch, spare),
    }
  }
}
