import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { aloneInThread } from '../../../services/ingest/alone-worker.ts'
import { type Files, systemFiles } from '../../../services/ingest/log/files.ts'
import { ingestMetrics } from '../../../services/ingest/metrics.ts'
import { openPipeline, type Pipeline } from '../../../services/ingest/pipeline.ts'
import { Unavailable } from '../../../services/ingest/unavailable.ts'
import { systemClock } from '../../../shared/runtime/clock.ts'
import { createLog, silentLog } from '../../../shared/runtime/log.ts'
import type { Store } from '../../../shared/store/store.ts'
import { type Bed, openBed } from '../../support/embedded.ts'
import { signals } from '../../support/ledger.ts'
import { encodeRequest, idColumns, requestOf, type SignalName } from '../../support/otlp.ts'
import { seeded } from '../../support/random.ts'
import { until } from '../../support/wait.ts'

let bed: Bed
beforeAll(async () => {
  bed = await openBed()
})
afterAll(() => bed.close())

const log = process.env.PLUMBLINE_TEST_LOG ? createLog('debug') : silentLog()

/** The real folder and the real engine, whose calls fail or hang by chance. */
function faulty(random: () => number, o: { writes: number; inserts: number }) {
  let engineIsDown = false
  const fails = (share: number, code: string) => {
    if (random() < share) throw Object.assign(new Error(code), { code })
  }
  return {
    setEngine: (isDown: boolean) => {
      engineIsDown = isDown
    },
    files: (folder: string): Files => {
      const real = systemFiles(folder)
      return {
        ...real,
        create: async (name, sync) => {
          fails(o.writes, 'ENOSPC')
          await real.create(name, sync)
        },
        write: async (bytes, at) => {
          fails(o.writes, 'ENOSPC')
          await real.write(bytes, at)
        },
        sync: async () => {
          fails(o.writes, 'EIO')
          await real.sync()
        },
      }
    },
    store: {
      ...bed.store,
      insertNative: async (block) => {
        if (engineIsDown) throw new Error('Code: 210. connection refused')
        fails(o.inserts / 2, 'ECONNRESET')
        await bed.store.insertNative(block)
        fails(o.inserts / 2, 'ECONNRESET')
      },
    } satisfies Store,
  }
}

async function stored(signal: SignalName, run: string): Promise<Map<string, number>> {
  const { table, column } = idColumns[signal]
  const rows = await bed.store.rows<{ id: string; n: string }>(
    `SELECT ${column} AS id, count() AS n FROM ${table} WHERE startsWith(${column}, '${run}') GROUP BY id`,
  )
  return new Map(rows.map((row) => [row.id, Number(row.n)]))
}

async function story(
  run: string,
  seed: number,
  o: { writes: number; inserts: number; spillBytes: number; outages: boolean },
) {
  const random = seeded(seed)
  const fault = faulty(random, o)
  const folder = join(bed.dir, run)
  mkdirSync(folder)
  const open = (): Promise<Pipeline> =>
    openPipeline({
      store: fault.store,
      clock: systemClock,
      log,
      random,
      metrics: ingestMetrics(new Registry()),
      files: fault.files(folder),
      durability: 'fsync',
      absorbResends: true,
      room: { isFull: false, release: async () => {} },
      logBytes: 64 * 2 ** 20,
      limits: {},
      alone: aloneInThread({}),
      aloneBytes: { protobuf: 15_000, json: 15_000 },
      spillBytes: o.spillBytes,
    })
  let pipeline = await open()
  const acked = new Map<SignalName, string[]>(signals.map((s) => [s, []]))
  let spilled = 0
  const send = async (n: number) => {
    const signal = signals[n % signals.length]!
    const ids = Array.from({ length: 1 + Math.floor(random() * 400) }, (_, i) => `${run}-${n}-${i}`)
    const body = encodeRequest(signal, requestOf(signal, ids, Date.now()))
    for (;;) {
      try {
        await pipeline.acceptor.accept(signal, 'protobuf', body)
        break
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error
        await systemClock.sleep(20)
      }
    }
    acked.get(signal)!.push(...ids)
    if (pipeline.acceptor.spilling) spilled += 1
  }
  for (let n = 0; n < 300; n += 10) {
    if (o.outages) fault.setEngine(n % 100 < 60)
    await Promise.all(Array.from({ length: 10 }, (_, i) => send(n + i)))
    if (n % 100 === 90) {
      await pipeline.stop(0)
      pipeline = await open()
    }
  }
  fault.setEngine(false)
  const { flusher, replay, ingestLog } = pipeline
  await until(
    'empty log',
    () => (flusher.pendingBytes === 0 && !replay.active && ingestLog.oldestMs === null ? true : undefined),
    900,
  )
  await pipeline.stop(5000)
  for (const signal of signals) {
    const found = await stored(signal, `${run}-`)
    expect([...found].filter(([, n]) => n > 1)).toEqual([])
    expect(acked.get(signal)!.filter((id) => !found.has(id))).toEqual([])
    expect(found.size).toBe(acked.get(signal)!.length)
  }
  return spilled
}

it('keeps every acknowledged item once while writes, syncs and inserts fail by chance', async () => {
  await story('chance', 1, { writes: 0.1, inserts: 0.3, spillBytes: 64 * 2 ** 20, outages: false })
})

it('keeps every acknowledged item once when the engine is away and rows no longer fit into memory', async () => {
  expect(await story('away', 2, { writes: 0, inserts: 0.1, spillBytes: 30_000, outages: true })).toBeGreaterThan(20)
})

it('keeps every acknowledged item once when both happen', async () => {
  await story('both', 3, { writes: 0.1, inserts: 0.2, spillBytes: 30_000, outages: true })
})
