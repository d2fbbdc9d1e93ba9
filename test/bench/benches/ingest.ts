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
/** Items that came in, asked once, and items that the detector has counted, asked until they are as many: that question must cost little. */
const COUNTED: Record<SignalName, { stored: string; rolledUp: string }> = {
  traces: {
    stored: 'SELECT countIf(IsEntry = 1) AS n FROM otel_traces',
    rolledUp: 'SELECT sum(requests) AS n FROM rollup_services FINAL',
  },
  logs: { stored: 'SELECT count() AS n FROM otel_logs', rolledUp: 'SELECT sum(count) AS n FROM rollup_logs FINAL' },
  metrics: {
    stored: 'SELECT count() AS n FROM otel_metrics_gauge',
    rolledUp: "SELECT sumIf(points, kind = 'gauge') AS n FROM rollup_metrics FINAL",
  },
}
/** About half a minute of full load here, so that what is done twice a minute does not count as if it were done all the time. */
const BODIES = 960
/** How long the detector may take to count what came in. */
const COUNTED_WITHIN_MS = 180_000
const WARM_UP = 40
/** Without a merge in so many looks the engine has none to do: one that ended asks for the next at once. */
const QUIET_LOOKS = 4
const QUIET_EVERY_MS = 250
const SENDERS = 8
/** Rows of the blocks that `engine` inserts: as ours at full load. */
const BLOCK_ROWS = 50_000

/** The engine twice: with the parts that the tables ask for, and with those of a table that asks for nothing. */
type Reference = Role | 'engine, usual parts'
type Result = { perCpuS: number; perS: number; cpuS: number; rssMib: number; p99Ms: number }

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** Waits until the detector has counted all that came in. */
async function rolledUp(side: Side, signal: SignalName): Promise<void> {
  const { stored, rolledUp } = COUNTED[signal]
  const rows = await number(side, stored)
  const giveUpMs = performance.now() + COUNTED_WITHIN_MS
  while ((await number(side, rolledUp)) !== rows) {
    if (performance.now() > giveUpMs)
      throw new Error(`rollups of ${signal} are not up to date: not ${rows}: ${rolledUp}`)
    await sleep(500)
  }
}

/** Waits until the engine merges nothing: what was inserted fast is merged later, and must not be free of it. */
async function merged(side: Side): Promise<void> {
  for (let quiet = 0; quiet < QUIET_LOOKS; await sleep(QUIET_EVERY_MS)) {
    quiet = (await number(side, 'SELECT count() AS n FROM system.merges')) === 0 ? quiet + 1 : 0
  }
}

const number = async (side: Side, sql: string): Promise<number> =>
  Number((await side.ask<{ n: string }[]>({ cmd: 'query', sql }))[0]?.n)

/** Sends bodies and waits until all their rows can be queried; counts CPU from the first body to the last merge, ours with rollups. */
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
  await merged(side)
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
  await merged(side)
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
  const sql = `SELECT sum(bytes_on_disk) / sum(rows) AS n FROM system.parts WHERE active AND table IN (${names})`
  return await number(side, sql)
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
