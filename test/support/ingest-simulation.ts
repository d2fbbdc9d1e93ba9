import { Registry } from 'prom-client'
import { decodeAlone } from '../../services/ingest/alone.ts'
import { ingestMetrics } from '../../services/ingest/metrics.ts'
import { openPipeline, type Pipeline } from '../../services/ingest/pipeline.ts'
import { Unavailable } from '../../services/ingest/unavailable.ts'
import type { Clock } from '../../shared/runtime/clock.ts'
import { type Log, silentLog } from '../../shared/runtime/log.ts'
import type { Store } from '../../shared/store/store.ts'
import { MemoryFiles } from './memory-files.ts'
import { encodeRequest, requestOf } from './otlp.ts'
import { seeded } from './random.ts'

const START_MS = 1_790_000_000_000
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
const forever = new Promise<never>(() => {})

/** Tables in memory: a block is there as a whole or not at all, and stays over a crash. */
class Engine {
  readonly batches = new Map<string, string[]>()
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
      rows: async <T>(sql: string) => {
        await step()
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
      insertNative: async ({ bytes, rows }) => {
        await step()
        maybeFail(this.flakiness)
        const text = Buffer.from(bytes).toString('latin1')
        const ids = [...text.matchAll(/id-\d+-\d+-/g)].map((match) => match[0])
        if (ids.length !== rows) throw new Error(`a block of ${rows} rows holds ${ids.length} ids`)
        const batch = `${this.#batchOf(bytes)}`
        if (this.batches.has(batch)) throw new Error(`batch ${batch} is inserted twice`)
        this.batches.set(batch, ids)
        maybeFail(this.flakiness)
        await step()
      },
      isInserting: async () => false,
      close: async () => {},
    }
  }

  /** The last column of every table is _batch: its last eight bytes are the number. */
  #batchOf(bytes: Uint8Array): bigint {
    return Buffer.from(bytes).readBigUInt64LE(bytes.length - 8)
  }
}

export type Outcome = { acked: number; stored: number; crashes: number; spilled: number }

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
    this.#files.crash()
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
      requestOf(signal, ids, this.#nowMs - 86_400_000 * Math.floor(this.#random() * 2)),
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
    const outcome = { acked: this.#acked.size, stored: counts.size, crashes: this.#crashes, spilled: this.#spilled }
    if (doubled.length + lost.length > 0)
      throw new Error(
        `seed ${this.#seed}: lost ${lost.length} (${lost.slice(0, 3)}), doubled ${doubled.length} (${doubled.slice(0, 3)}), ${JSON.stringify(outcome)}`,
      )
    return outcome
  }
}
