import type { Spare } from '../spare.ts'
import { type Column, Words } from './columns.ts'
import type { Table } from './index.ts'
import { Out } from './out.ts'
import { dayText } from './place.ts'
import type { ResourceRow, ScopeRow } from './resource.ts'
import { RunLowCard, RunNumber, Runs } from './runs.ts'
import { encodeText } from './utf8.ts'

/** A column with its name and type in ClickHouse. */
export type Field = { name: string; type: string; column: Column }

export const field = (name: string, type: string, column: Column): Field => ({ name, type, column })

export const STRING = 'String'
export const LOW_CARD = 'LowCardinality(String)'
export const MAP = 'Map(LowCardinality(String), String)'
export const NANOS = 'DateTime64(9)'

/** Rows, and the low 32 bits of their receive times (ms) and of their own times (ns), added up. */
export type Sums = { rows: number; received: number; times: number }

/** The rows of one table and one UTC day that are not sealed yet. A table's block adds its columns in `fields`. */
export abstract class Block {
  readonly table: Table
  /** Epoch day. */
  day = 0
  rows = 0
  readonly minutes = new Set<number>()
  readonly resources = new Runs<ResourceRow>()
  readonly scopes = new Runs<ScopeRow>()
  readonly received = new Runs<number>()
  readonly clientTime = new Words()
  abstract readonly time: Words
  /** The context (resource, scope, metric, request) whose rows are being added. */
  context = -1
  abstract readonly fields: Field[]
  protected readonly runs: Runs<never>[] = []
  #minute = -1
  #minuteLog: number[] = []
  #markRows = 0
  #markMinutes = 0

  constructor(table: Table) {
    this.table = table
    this.runs.push(this.resources as Runs<never>, this.scopes as Runs<never>, this.received as Runs<never>)
  }

  /** Our own columns that every table has. */
  protected ours(): Field[] {
    const { resources } = this
    return [
      field('Environment', LOW_CARD, new RunLowCard(resources, (r) => r.environment)),
      field('Version', LOW_CARD, new RunLowCard(resources, (r) => r.version)),
      field('Commit', LOW_CARD, new RunLowCard(resources, (r) => r.commit)),
      field('Instance', LOW_CARD, new RunLowCard(resources, (r) => r.instance)),
      field('ReceivedAt', 'DateTime64(3)', new RunNumber(this.received, 8, (ms) => ms)),
      field('ClientTimeUnixNano', 'UInt64', this.clientTime),
    ]
  }

  /** Counts a row that was added. */
  added(minute: number): void {
    this.rows++
    if (minute === this.#minute) return
    this.#minute = minute
    if (this.minutes.has(minute)) return
    this.minutes.add(minute)
    this.#minuteLog.push(minute)
  }

  mark(): void {
    this.#markRows = this.rows
    this.#markMinutes = this.#minuteLog.length
    for (const { column } of this.fields) column.mark()
    for (const run of this.runs) run.mark()
  }

  rollback(): void {
    this.rows = this.#markRows
    for (const minute of this.#minuteLog.splice(this.#markMinutes)) this.minutes.delete(minute)
    this.#minute = -1
    this.context = -1
    for (const { column } of this.fields) column.rollback()
    for (const run of this.runs) run.rollback()
  }

  reset(day: number): void {
    this.day = day
    this.rows = 0
    this.minutes.clear()
    this.#minuteLog = []
    this.#minute = -1
    this.context = -1
    for (const { column } of this.fields) column.reset()
    for (const run of this.runs) run.reset()
  }

  bytes(): number {
    for (const run of this.runs) run.rows = this.rows
    let bytes = this.rows * 16
    for (const { column } of this.fields) bytes += column.bytes()
    return bytes
  }

  /** What tells these rows from others of the same table and day, whatever number they were given. */
  sums(): Sums {
    let received = 0
    this.received.rows = this.rows
    this.received.each((ms, rows) => {
      received += rows * (ms % 2 ** 32)
    })
    let times = 0
    for (let i = 0; i < this.time.used; i += 2) times += this.time.data[i]!
    return { rows: this.rows, received, times }
  }

  key(): string {
    return `${this.table}/${dayText(this.day)}`
  }

  /** The rows as one block in Native format, `_batch` as the last column; in memory of `spare`. */
  native(batch: bigint, spare: Spare): Uint8Array {
    const bytes = this.bytes()
    const out = new Out(spare.take(bytes + (bytes >>> 3) + 4096))
    out.varint(this.fields.length + 1)
    out.varint(this.rows)
    for (const { name, type, column } of this.fields) {
      out.text(encodeText(name))
      out.text(encodeText(type))
      column.prefix(out)
      column.write(out)
    }
    out.text(encodeText('_batch'))
    out.text(encodeText('UInt64'))
    const from = out.used
    out.bytes(Uint32Array.of(Number(batch & 0xffffffffn), Number(batch >> 32n)), 8)
    out.repeat(from, this.rows)
    return out.written()
  }
}
