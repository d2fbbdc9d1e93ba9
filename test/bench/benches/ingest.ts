import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Batches } from '../../../services/ingest/decode/index.ts'
import type { SignalName } from '../../support/otlp.ts'
import { bodyOf, ITEMS } from '../ingest/data.ts'
import { cpuSeconds, post, quantile, type Side, startSide, type Usage } from '../ingest/side.ts'
import type { Role } from '../ingest/worker.ts'
import type { Bench } from '../main.ts'

const TABLES: Record<SignalName, string[]> = {
  traces: ['otel_traces'],
  logs: ['otel_logs'],
  metrics: ['otel_metrics_gauge', 'otel_metrics_sum'],
}
/** Items that came in and items that the detector has counted; equal when its rollups are up to date. */
const COUNTED: Record<SignalName, string> = {
  traces: '(SELECT countIf(IsEntry = 1) FROM otel_traces) = (SELECT sum(requests) FROM rollup_services FINAL)',
  logs: '(SELECT count() FROM otel_logs) = (SELECT sum(count) FROM rollup_logs FINAL)',
  metrics:
    "(SELECT count() FROM otel_metrics_gauge) = (SELECT sumIf(points, kind = 'gauge') FROM rollup_metrics FINAL)",
}
/** About half a minute of full load here, so that what is done twice a minute does not count as if it were done all the time. */
const BODIES = 960
/** How long the detector may take to count what came in. */
const COUNTED_WITHIN_MS = 180_000
const WARM_UP = 40
const SENDERS = 8
/** Rows of the blocks that `engine` inserts: as ours at full load. */
const BLOCK_ROWS = 50_000

/** The engine twice: with the parts that the tables ask for, and with those of a table that asks for nothing. */
type Reference = Role | 'engine, usual parts'
type Result = { perCpuS: number; perS: number; cpuS: number; rssMib: number; p99Ms: number }

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** Waits until the detector has counted all that came in. */
async function rolledUp(side: Side, signal: SignalName): Promise<void> {
  const sql = `SELECT ${COUNTED[signal]} AS done`
  const giveUpMs = performance.now() + COUNTED_WITHIN_MS
  while ((await side.ask<{ done: number }[]>({ cmd: 'query', sql }))[0]?.done !== 1) {
    if (performance.now() > giveUpMs) throw new Error(`rollups of ${signal} are not up to date: ${sql}`)
    await sleep(500)
  }
}

/** Sends bodies and waits until all their rows can be queried; counts CPU from the first body to the last row, ours with rollups. */
async function drive(role: Role, side: Side, signal: SignalName, bodies: Buffer[]): Promise<Result> {
  const tables = TABLES[signal]
  const already = await side.ask<number>({ cmd: 'count', tables })
  const before = await side.ask<Usage>({ cmd: 'usage' })
  const startedMs = performance.now()
  const latencies = await sendAll(`${side.url}/v1/${signal}`, bodies)
  await side.ask({ cmd: 'flush' })
  const rows = bodies.length * ITEMS
  while ((await side.ask<number>({ cmd: 'count', tables })) < already + rows) {
    await sleep(50)
  }
  const seconds = (performance.now() - startedMs) / 1000
  if (role === 'ours') await rolledUp(side, signal)
  const after = await side.ask<Usage>({ cmd: 'usage' })
  const cpuS = cpuSeconds(after, before)
  const rssMib = after.rssBytes / 2 ** 20
  return { perCpuS: rows / cpuS, perS: rows / seconds, cpuS, rssMib, p99Ms: quantile(latencies, 0.99) }
}

async function sendAll(url: string, bodies: Buffer[]): Promise<number[]> {
  const latencies: number[] = []
  let next = 0
  const sender = async () => {
    while (next < bodies.length) {
      const body = bodies[next++]!
      for (;;) {
        const { status, ms } = await post(url, body)
        if (status === 200) {
          latencies.push(ms)
          break
        }
        if (status !== 429 && status !== 503) throw new Error(`answered ${status}`)
        await sleep(200)
      }
    }
  }
  await Promise.all(Array.from({ length: SENDERS }, sender))
  return latencies
}

/** Parts as a table has them of which nothing is said. */
const usualParts = (table: string) => `ALTER TABLE ${table} RESET SETTING min_bytes_for_wide_part`

/** The same rows as Native blocks that are ready: what no way into the engine can be cheaper than. */
async function driveEngine(side: Side, signal: SignalName, bodies: Buffer[], atMs: number): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-blocks-'))
  const batches = new Batches()
  const blocks: { table: string; columns: string[]; rows: number; file: string }[] = []
  const take = (key: string) => {
    const { table, columns, rows, native } = batches.seal(key, BigInt(blocks.length + 1))
    const file = join(folder, `${blocks.length}.native`)
    writeFileSync(file, native)
    blocks.push({ table, columns, rows, file })
  }
  for (const body of bodies) {
    batches.append(signal, 'protobuf', body, atMs)
    for (const open of batches.open()) if (open.rows >= BLOCK_ROWS) take(open.key)
  }
  for (const open of batches.open()) take(open.key)
  const before = await side.ask<Usage>({ cmd: 'usage' })
  const startedMs = performance.now()
  await side.ask({ cmd: 'insert', blocks })
  const seconds = (performance.now() - startedMs) / 1000
  const after = await side.ask<Usage>({ cmd: 'usage' })
  rmSync(folder, { recursive: true, force: true })
  const rows = bodies.length * ITEMS
  const cpuS = cpuSeconds(after, before)
  return { perCpuS: rows / cpuS, perS: rows / seconds, cpuS, rssMib: after.rssBytes / 2 ** 20, p99Ms: 0 }
}

/** Bytes on disk of one row when its parts are merged, indexes included. */
async function diskBytes(side: Side, tables: string[]): Promise<number> {
  for (const table of tables) await side.ask({ cmd: 'exec', sql: `OPTIMIZE TABLE ${table} FINAL` })
  const names = tables.map((table) => `'${table}'`).join(', ')
  const sql = `SELECT sum(bytes_on_disk) / sum(rows) AS bytes FROM system.parts WHERE active AND table IN (${names})`
  return Number((await side.ask<{ bytes: number }[]>({ cmd: 'query', sql }))[0]?.bytes)
}

const thousands = (n: number) => Math.round(n).toLocaleString('en-US')

async function compare(signal: SignalName, scale: number, say: (line: string) => void): Promise<void> {
  const atMs = Math.floor(Date.now() / 60_000) * 60_000
  const make = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => bodyOf(signal, from + i, atMs + i * 50))
  const warmUp = make(1_000_000, WARM_UP)
  const bodies = make(0, Math.max(20, Math.round(BODIES * scale)))
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0)
  say(
    `${signal}: ${bodies.length} bodies of ${ITEMS} items, ${Math.round(bytes / bodies.length / ITEMS)} bytes an item`,
  )
  const results: Partial<Record<Reference, Result>> = {}
  for (const role of ['ours', 'usual', 'buffered', 'engine', 'engine, usual parts'] as const) {
    const isEngine = role === 'engine' || role === 'engine, usual parts'
    const side = await startSide(isEngine ? 'engine' : role)
    if (isEngine) {
      if (role !== 'engine') for (const table of TABLES[signal]) await side.ask({ cmd: 'exec', sql: usualParts(table) })
      await driveEngine(side, signal, warmUp, atMs)
      results[role] = await driveEngine(side, signal, bodies, atMs)
    } else {
      await drive(role, side, signal, warmUp)
      results[role] = await drive(role, side, signal, bodies)
    }
    const bytes = role === 'ours' ? await diskBytes(side, TABLES[signal]) : null
    await side.stop()
    const r = results[role]!
    const tail = isEngine
      ? ''
      : `, p99 of 200 ${r.p99Ms.toFixed(0)} ms${bytes === null ? '' : `, ${bytes.toFixed(1)} bytes on disk an item`}`
    say(
      `  ${role.padEnd(19)} ${thousands(r.perCpuS).padStart(8)} per CPU s, ${thousands(r.perS).padStart(8)} per s, ${r.rssMib.toFixed(0)} MiB${tail}`,
    )
  }
  const { ours, usual, buffered, engine, 'engine, usual parts': parts } = results as Record<Reference, Result>
  say(
    `  ours = ${(ours.perCpuS / usual.perCpuS).toFixed(1)} × usual, ${(ours.perCpuS / buffered.perCpuS).toFixed(1)} × buffered, ${(engine.perCpuS / ours.perCpuS).toFixed(2)} × the CPU of engine, ${(parts.perCpuS / ours.perCpuS).toFixed(2)} × with usual parts`,
  )
}

/** Spans, log records and metric points over loopback HTTP until queryable, against two references. */
const run: Bench = async ({ scale, say }) => {
  for (const signal of ['traces', 'logs', 'metrics'] as const) await compare(signal, scale, say)
}

export default run
