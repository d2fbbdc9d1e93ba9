import { type Log, short } from '../../shared/runtime/log.ts'
import { yieldToLoop } from '../../shared/runtime/pressure.ts'
import { identifier, type Store } from '../../shared/store/store.ts'
import { Batches, DecodeError, type Sums, type Table } from './decode/index.ts'
import type { Limits } from './decode/limits.ts'
import type { Seal } from './log/ledger.ts'
import type { IngestLog } from './log/log.ts'
import type { LogRecord } from './log/record.ts'

/** The time by which each table is divided into days. */
const TIMES: Record<Table, string> = {
  otel_traces: 'Timestamp',
  otel_logs: 'Timestamp',
  otel_metrics_gauge: 'TimeUnix',
  otel_metrics_sum: 'TimeUnix',
  otel_metrics_histogram: 'TimeUnix',
  otel_metrics_exponential_histogram: 'TimeUnix',
  otel_metrics_summary: 'TimeUnix',
}
/** Batches may be numbered while their records wait to be written, before the segment that they come into begins: that many at most. */
const NUMBERED_BEFORE = 65_536n

/** A batch that stands in its table although the log has no seal of it. */
export type Orphan = { batch: bigint; table: Table; key: string; day: string; sums: Sums }
/** What one record gave to the block `key`; `alone`: it shares its blocks with no other record, and this is the index of that one. */
export type Share = { sequence: number; key: string; sums: Sums; alone?: number }

type Context = { store: Store; ingestLog: IngestLog; limits: Partial<Limits>; log: Log }

/**
 * Before the records [from, to] that an earlier process left are made into batches: batches that the tables hold although their seals are
 * damaged are found by what they hold, and sealed again, so that their rows are not inserted a second time.
 * @throws Error of the engine or of the log; to be called again
 */
export async function sealOrphans(c: Context, from: number, to: number): Promise<void> {
  const orphans = await findOrphans(c)
  if (orphans.length === 0) return
  const shares: Share[] = []
  for await (const record of c.ingestLog.read(from, to)) {
    shares.push(...sharesOf(c, record))
    await yieldToLoop()
  }
  for (const seal of locate(orphans, shares)) {
    await c.ingestLog.seal(seal)
    c.ingestLog.ledger.set(seal, 'unknown')
    const about = { batch: String(seal.batch), table: seal.table, rows: seal.rows }
    c.log.warn({ event: 'batch_found', ...about }, 'a batch whose seal is damaged was found in its table')
  }
}

/** Asks every table for batches that the log does not know and whose bodies it may still hold. */
async function findOrphans({ store, ingestLog }: Context): Promise<Orphan[]> {
  const { oldestMs, ledger, found } = ingestLog
  if (oldestMs === null) return []
  const first = found.firstBatch - NUMBERED_BEFORE
  const params = { first: String(first > 0n ? first : 0n), oldest_ms: oldestMs }
  const orphans: Orphan[] = []
  for (const [table, time] of Object.entries(TIMES) as [Table, string][]) {
    const rows = await store.rows<{ batch: string; day: string; n: string; received: string; times: string }>(
      `SELECT toString(_batch) AS batch, toString(toYYYYMMDD(any(${time}), 'UTC')) AS day, toString(count()) AS n,
         toString(sum(bitAnd(toUnixTimestamp64Milli(ReceivedAt), 4294967295))) AS received, toString(sum(bitAnd(toUnixTimestamp64Nano(${time}), 4294967295))) AS times
       FROM ${identifier(table)} WHERE _batch >= {first:UInt64} AND ReceivedAt >= fromUnixTimestamp64Milli({oldest_ms:Int64}) GROUP BY _batch`,
      params,
    )
    for (const { batch, day, n, received, times } of rows) {
      const sums = { rows: Number(n), received: Number(received), times: Number(times) }
      if (!ledger.seals.has(BigInt(batch)))
        orphans.push({ batch: BigInt(batch), table, key: `${table}/${day}`, day, sums })
    }
  }
  return orphans
}

function sharesOf({ limits, log }: Context, record: LogRecord): Share[] {
  const { sequence } = record
  const batches = new Batches(limits)
  try {
    batches.append(record.signal, record.encoding, record.payload, record.receivedAtMs)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    log.error({ event: 'replay_undecodable', sequence, error: short(error.message) }, 'cannot decode a body of the log')
    return []
  }
  return batches.open().map(({ key }, index) => {
    const share = { sequence, key, sums: batches.sums(key) }
    return record.alone ? { ...share, alone: index } : share
  })
}

/** Seals for the batches that hold exactly what a run of records gave to a block; each run is given once. Pure. */
export function locate(orphans: readonly Orphan[], shares: readonly Share[]): Seal[] {
  const taken = new Set<Share>()
  return orphans.flatMap(({ batch, table, key, day, sums }) => {
    const free = shares.filter((s) => s.key === key && !taken.has(s))
    const run = aloneOf(free, sums) ?? runOf(free, sums)
    const [first, last] = [run?.[0], run?.at(-1)]
    if (!run || !first || !last) return []
    for (const share of run) taken.add(share)
    const seal = { batch, table, day, key, from: first.sequence, to: last.sequence, rows: sums.rows }
    return [first.alone === undefined ? seal : { ...seal, alone: first.alone }]
  })
}

function aloneOf(shares: readonly Share[], sums: Sums): Share[] | null {
  const found = shares.find((s) => s.alone !== undefined && isSame(s.sums, sums))
  return found ? [found] : null
}

/** Neighbours in blocks that records share, which add up to `sums`; null where none do. */
function runOf(all: readonly Share[], sums: Sums): Share[] | null {
  const shares = all.filter((s) => s.alone === undefined)
  let from = 0
  let now: Sums = { rows: 0, received: 0, times: 0 }
  for (const [i, { sums: more }] of shares.entries()) {
    now = plus(now, more, 1)
    while (now.rows > sums.rows) now = plus(now, shares[from++]!.sums, -1)
    if (isSame(now, sums)) return shares.slice(from, i + 1)
  }
  return null
}

const plus = (a: Sums, b: Sums, sign: 1 | -1): Sums => ({
  rows: a.rows + sign * b.rows,
  received: a.received + sign * b.received,
  times: a.times + sign * b.times,
})

const isSame = (a: Sums, b: Sums): boolean => a.rows === b.rows && a.received === b.received && a.times === b.times
