import { Registry } from 'prom-client'
import { decodeAlone } from '../../services/ingest/alone.ts'
import { parseSegmentName, scanSegment } from '../../services/ingest/log/segment.ts'
import { ingestMetrics } from '../../services/ingest/metrics.ts'
import { openPipeline, type Pipeline } from '../../services/ingest/pipeline.ts'
import { Unavailable } from '../../services/ingest/unavailable.ts'
import type { Clock } from '../../shared/runtime/clock.ts'
import { type Log, silentLog } from '../../shared/runtime/log.ts'
import type { Params, Store } from '../../shared/store/store.ts'
import { type Row, readNative } from '../unit/decode/support/native-reader.ts'
import { MemoryFiles } from './memory-files.ts'
import { encodeRequest, requestOf } from './otlp.ts'
import { seeded } from './random.ts'

const START_MS = 1_790_000_000_000
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
const forever = new Promise<never>(() => {})

/** Tables in memory: a block is there as a whole or not at all, and stays over a crash. */
class Engine {
  readonly batches = new Map<string, string[]>()
  readonly #rows = new Map<string, { table: string; rows: Row[] }>()
  isDown = false
  /** Share of inserts that end in an error although they may have been done. */
  flakiness = 0.1
  readonly #random: () => number

  constructor(random: () => number) {
    this.#random = random
  }

  store(isAlive: () => boolean): Store {
    const step = async () => {
      for (let turns = Math.floor(this.#random() * 4); turns > 0; turns--) await turn()
      if (!isAlive()) await forever
    }
    const maybeFail = (share: number) => {
      if (this.isDown || this.#random() < share) throw new Error('Code: 210. connection reset')
    }
    return {
      engine: 'server',
      rows: async <T>(sql: string, params: Params = {}) => {
        await step()
        if (sql.includes('GROUP BY _batch')) return this.#batchesOf(sql, params) as T[]
        const batch = /_batch = (\d+)/.exec(sql)?.[1] ?? ''
        return [{ n: String(this.batches.get(batch)?.length ?? 0) }] as T[]
      },
      exec: async (sql) => {
        await step()
        this.batches.delete(/_batch = (\d+)/.exec(sql)?.[1] ?? '')
      },
      insert: async () => {
        await step()
      },
      insertNative: async ({ table, bytes, rows }) => {
        await step()
        maybeFail(this.flakiness)
        const text = Buffer.from(bytes).toString('latin1')
        const ids = [...text.matchAll(/id-\d+-\d+-/g)].map((match) => match[0])
        if (ids.length !== rows) throw new Error(`a block of ${rows} rows holds ${ids.length} ids`)
        const batch = `${this.#batchOf(bytes)}`
        if (this.batches.has(batch)) throw new Error(`batch ${batch} is inserted twice`)
        this.batches.set(batch, ids)
        this.#rows.set(batch, { table, rows: readNative(bytes) })
        maybeFail(this.flakiness)
        await step()
      },
      isInserting: async () => false,
      close: async () => {},
    }
  }

  /** What ingest asks for after a start: every batch of a table from a number on, its day, and the receive times of its rows. */
  #batchesOf(sql: string, params: Params): object[] {
    const asked = /FROM `(\w+)`/.exec(sql)?.[1]
    return [...this.batches.keys()].flatMap((batch) => {
      const { table, rows } = this.#rows.get(batch)!
      if (table !== asked || BigInt(batch) < BigInt(params.first as string)) return []
      if (rows.some((row) => Number(row.ReceivedAt) < (params.oldest_ms as number))) return []
      const times = rows.map((row) => (row.Timestamp ?? row.TimeUnix) as bigint)
      const sum = (values: bigint[]) => String(values.reduce((all, value) => all + (value & 0xffffffffn), 0n))
      const day = new Date(Number(times[0]! / 1_000_000n)).toISOString().slice(0, 10).replaceAll('-', '')
      const received = sum(rows.map((row) => BigInt(row.ReceivedAt as bigint)))
      return [{ batch, day, n: String(rows.length), received, times: sum(times) }]
    })
  }

  /** The last column of every table is _batch: its last eight bytes are the number. */
  #batchOf(bytes: Uint8Array): bigint {
    return Buffer.from(bytes).readBigUInt64LE(bytes.length - 8)
  }
}

/** `damaged`: seal records of which a byte was turned while nothing ran. */
export type Outcome = { acked: number; stored: number; crashes: number; spilled: number; damaged: number }

/**
 * The whole way from body to table in one process and one seed: power cuts at any moment, a disk and an engine that fail,
 * rows that no longer fit into memory. Afterwards everything that was acknowledged is stored once.
 * @throws Error naming what was lost or doubled
 */
export class IngestSimulation {
  readonly #random: () => number
  readonly #files: MemoryFiles
  readonly #engine: Engine
  readonly #acked = new Set<string>()
  readonly #log: Log
  readonly #seed: number
  #nowMs = START_MS
  #life = 0
  #pipeline!: Pipeline
  #serial = 0
  #crashes = 0
  #spilled = 0
  #damaged = 0

  constructor(seed: number, log: Log = silentLog()) {
    this.#seed = seed
    this.#random = seeded(seed)
    this.#files = new MemoryFiles(this.#random)
    this.#engine = new Engine(this.#random)
    this.#log = log
  }

  async run(steps: number): Promise<Outcome> {
    await this.#start()
    const sending: Promise<void>[] = []
    for (let i = 0; i < steps; i++) {
      const dice = this.#random()
      if (dice < 0.6) sending.push(this.#send())
      else if (dice < 0.66)
        this.#files.failNext = (['write', 'sync', 'create'] as const)[Math.floor(this.#random() * 3)]!
      else if (dice < 0.72) this.#engine.isDown = !this.#engine.isDown
      else if (dice < 0.76) await this.#crash()
      else if (dice < 0.77) await this.#stop()
      else for (let turns = Math.floor(this.#random() * 40); turns > 0; turns--) await turn()
    }
    this.#engine.isDown = false
    this.#engine.flakiness = 0
    this.#files.failNext = null
    await this.#drain()
    return this.#compare()
  }

  async #start(): Promise<void> {
    const life = ++this.#life
    const isAlive = () => life === this.#life
    const clock: Clock = {
      nowMs: () => this.#nowMs,
      sleep: async (ms, signal) => {
        const untilMs = this.#nowMs + ms
        await turn()
        if (!isAlive()) await forever
        if (!signal?.aborted) this.#nowMs = Math.max(this.#nowMs, untilMs)
      },
    }
    this.#pipeline = await openPipeline({
      store: this.#engine.store(isAlive),
      clock,
      log: this.#log,
      random: this.#random,
      metrics: ingestMetrics(new Registry()),
      files: this.#files.session(),
      durability: 'fsync',
      absorbResends: true,
      room: { isFull: false, release: async () => {} },
      logBytes: 2 ** 20,
      limits: {},
      alone: async (request) => {
        await turn()
        if (!isAlive()) await forever
        return decodeAlone({}, request)
      },
      aloneBytes: { protobuf: 300, json: 300 },
      spillBytes: this.#seed % 3 === 0 ? 2 ** 20 : 3000,
    })
  }

  async #crash(): Promise<void> {
    this.#crashes += 1
    this.#life += 1
    this.#nowMs += 1000
    this.#files.crash()
    if (this.#random() < 0.5 && damageSeal(this.#files, this.#random)) this.#damaged += 1
    await this.#start()
  }

  async #stop(): Promise<void> {
    await this.#pipeline.stop(this.#random() < 0.5 ? 0 : 2000)
    this.#files.crash()
    await this.#start()
  }

  /** Sends one body until it is taken, as long as its server lives; a dead server's sender sends it to the next one. */
  async #send(): Promise<void> {
    const n = this.#serial++
    const count = 1 + Math.floor(this.#random() * 8)
    const ids = Array.from({ length: count }, (_, i) => `id-${n}-${i}-`)
    const signal = this.#random() < 0.5 ? 'logs' : 'metrics'
    const body = encodeRequest(
      signal,
      requestOf(signal, ids, this.#nowMs + n - 86_400_000 * Math.floor(this.#random() * 2)),
    )
    for (let tries = 0; tries < 200; tries++) {
      const pipeline = this.#pipeline
      let answer: 'taken' | 'refused' | null = null
      pipeline.acceptor.accept(signal, 'protobuf', body).then(
        () => {
          answer = 'taken'
        },
        (error: unknown) => {
          if (!(error instanceof Unavailable)) throw error
          answer = 'refused'
        },
      )
      while (answer === null && pipeline === this.#pipeline) await turn()
      if (pipeline.acceptor.spilling) this.#spilled += 1
      if (answer === 'taken') {
        for (const id of ids) this.#acked.add(id)
        return
      }
      for (let turns = 5; turns > 0; turns--) await turn()
    }
  }

  async #drain(): Promise<void> {
    for (let turns = 0; turns < 20_000; turns++) {
      const { flusher, replay, ingestLog } = this.#pipeline
      const isEmpty = flusher.pendingBytes === 0 && !replay.active && ingestLog.oldestMs === null
      if (isEmpty && turns > 400) break
      await turn()
    }
    await this.#pipeline.stop(60_000)
  }

  #compare(): Outcome {
    const counts = new Map<string, number>()
    for (const ids of this.#engine.batches.values()) for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1)
    const doubled = [...counts].filter(([, n]) => n > 1).map(([id]) => id)
    const lost = [...this.#acked].filter((id) => !counts.has(id))
    const { size } = this.#acked
    const outcome = {
      acked: size,
      stored: counts.size,
      crashes: this.#crashes,
      spilled: this.#spilled,
      damaged: this.#damaged,
    }
    if (doubled.length + lost.length > 0)
      throw new Error(
        `seed ${this.#seed}: lost ${lost.length} (${lost.slice(0, 3)}), doubled ${doubled.length} (${doubled.slice(0, 3)}), ${JSON.stringify(outcome)}`,
      )
    return outcome
  }
}

/** Turns a byte of the newest seal that no checkpoint repeats. @returns whether there is one */
function damageSeal({ files }: MemoryFiles, random: () => number): boolean {
  const seals = new Map<string, { name: string; at: number }>()
  for (const [name, { bytes }] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const segment = parseSegmentName(name)
    if (segment === null) continue
    for (const { type, payload, offset, end } of scanSegment(bytes, segment, true).records) {
      const said = () => JSON.parse(Buffer.from(payload).toString())
      if (type === 'seal') seals.set(said().batch, { name, at: offset + Math.floor(random() * (end - offset)) })
      else if (type === 'checkpoint') for (const { batch } of said().seals) seals.delete(batch)
    }
  }
  const hit = [...seals.values()].at(-1)
  if (!hit) return false
  const entry = files.get(hit.name)!
  const damaged = Buffer.from(entry.bytes)
  damaged[hit.at]! ^= 1 + Math.floor(random() * 255)
  files.set(hit.name, { bytes: damaged, synced: Buffer.from(damaged) })
  return true
}
