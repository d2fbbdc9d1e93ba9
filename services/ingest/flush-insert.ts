import type { Clock } from '../../shared/runtime/clock.ts'
import { failpoint, isArmed } from '../../shared/runtime/failpoint.ts'
import { type Log, short } from '../../shared/runtime/log.ts'
import { identifier, type Store } from '../../shared/store/store.ts'
import type { SealedBlock } from './decode/index.ts'
import type { Seal } from './log/ledger.ts'
import type { IngestMetrics } from './metrics.ts'

/** Inserts that one refused batch may cost: 100 bad rows of 50,000. What is left then is set aside as a whole. */
const MAX_PROBES = 2000

/**
 * Error codes that say that the rows are at fault, so that the same rows fail again; ErrorCodes.cpp of the engine. Any other
 * error is taken as the engine's own and tried again: the log holds the rows meanwhile.
 */
const REFUSALS = new Set([
  6, 19, 20, 26, 27, 32, 33, 38, 41, 43, 44, 50, 53, 69, 70, 72, 117, 128, 130, 131, 190, 321, 349, 407, 469, 636, 691,
])

export type InsertContext = { store: Store; clock: Clock; log: Log; metrics: IngestMetrics }

/** @returns the engine's error code in the text or the `code` of its error, or null */
export function errorCode(error: unknown): number | null {
  const { code, message } = error as { code?: unknown; message?: unknown }
  const digits = /Code: (\d+)/.exec(String(message))?.[1] ?? (/^\d+$/.test(String(code)) ? String(code) : null)
  return digits === null ? null : Number(digits)
}

export const isRefusal = (error: unknown): boolean => REFUSALS.has(errorCode(error) ?? -1)

/**
 * Puts one sealed batch into its table exactly once. `verify` where rows of it may stand there already: after a crash, or
 * after an insert whose end is unknown.
 * @throws Error where the engine failed; call again with `verify`
 */
export async function insertBatch(c: InsertContext, seal: Seal, block: SealedBlock, verify: boolean): Promise<void> {
  if (verify && !isArmed('no_verify') && (await isStored(c, seal, block))) return
  const startedMs = performance.now()
  const tag = tagOf(seal)
  const native = { table: block.table, columns: block.columns, rows: block.rows, bytes: block.native, tag }
  const insert = c.store.insertNative(native)
  if (isArmed('mid_insert')) void killSoon(c.clock)
  try {
    await insert
  } catch (error) {
    if (!isRefusal(error)) throw error
    await insertAround(c, seal, block, error as Error)
  }
  failpoint('after_insert')
  c.metrics.insertSeconds.observe((performance.now() - startedMs) / 1000)
  c.metrics.insertedRows.inc({ table: block.table }, block.rows)
  c.metrics.insertedBytes.inc({ table: block.table }, block.native.length)
}

async function killSoon(clock: Clock): Promise<void> {
  await clock.sleep(4)
  failpoint('mid_insert')
}

const tagOf = (seal: Seal): string => `plumbline ${seal.table} ${seal.batch}`

/** Asks the table. Part of a batch cannot be there, since a batch is one part; where it is, it is taken out again. */
async function isStored(c: InsertContext, seal: Seal, block: SealedBlock): Promise<boolean> {
  // A server goes on with the insert of a process that was killed: only after its end does a count say what is stored.
  if (await c.store.isInserting(tagOf(seal)))
    throw new Error('cannot tell what is stored: an earlier insert of this batch still runs')
  const table = identifier(seal.table)
  const found = await c.store.rows<{ n: string }>(`SELECT count() AS n FROM ${table} WHERE _batch = ${seal.batch}`)
  const stored = Number(found[0]?.n ?? 0)
  if (stored === block.rows) return true
  if (stored === 0) return false
  c.metrics.repaired.inc()
  c.log.error(
    { event: 'batch_repaired', table: seal.table, batch: String(seal.batch), stored, rows: block.rows },
    'a batch was found half stored and is inserted again',
  )
  await c.store.exec(`ALTER TABLE ${table} DELETE WHERE _batch = ${seal.batch} SETTINGS mutations_sync = 2`)
  return false
}

type Slice = { offset: number; rows: number }

/** Bisects a refused batch down to the rows at fault, inserts the rest, and keeps the bad ones in dead_rows. */
async function insertAround(c: InsertContext, seal: Seal, block: SealedBlock, cause: Error): Promise<void> {
  const dead: (Slice & { reason: string })[] = []
  const open: (Slice & { reason: string })[] = [{ offset: 0, rows: block.rows, reason: cause.message }]
  let probes = 0
  for (let slice = open.pop(); slice; slice = open.pop()) {
    if (slice.rows === 1 || probes >= MAX_PROBES) {
      dead.push(slice)
      continue
    }
    const half = Math.ceil(slice.rows / 2)
    for (const part of [
      { offset: slice.offset + half, rows: slice.rows - half },
      { offset: slice.offset, rows: half },
    ]) {
      probes += 1
      try {
        const { table, columns, native } = block
        await c.store.insertNative({ table, columns, rows: part.rows, bytes: native, slice: part, tag: tagOf(seal) })
      } catch (error) {
        if (!isRefusal(error)) throw error
        open.push({ ...part, reason: (error as Error).message })
      }
    }
  }
  await keepDead(c, seal, dead)
}

async function keepDead(c: InsertContext, seal: Seal, dead: (Slice & { reason: string })[]): Promise<void> {
  const notedAtMs = c.clock.nowMs()
  const rows = dead.map((slice) => ({
    table: seal.table,
    batch: String(seal.batch),
    row: slice.offset,
    rows: slice.rows,
    reason: short(slice.reason, 2000),
    noted_at: (notedAtMs / 1000).toFixed(3),
    document: JSON.stringify({ day: seal.day, records: { from: seal.from, to: seal.to } }),
  }))
  await c.store.insert('dead_rows', rows)
  const lost = dead.reduce((sum, slice) => sum + slice.rows, 0)
  c.metrics.deadRows.inc({ table: seal.table }, lost)
  c.log.error(
    {
      event: 'dead_rows',
      table: seal.table,
      batch: String(seal.batch),
      rows: lost,
      reason: short(dead[0]?.reason ?? ''),
    },
    'the engine refused rows of a batch; they are kept in dead_rows',
  )
}
