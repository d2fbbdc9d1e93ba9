import type { Store } from '../../shared/store/store.ts'
import { queryFolder } from './child.ts'
import { encodeRequest, idColumns, requestOf, type SignalName } from './otlp.ts'

export const signals: readonly SignalName[] = ['traces', 'logs', 'metrics']

/** What a client knows: ids of items by what became of them. Only the acknowledged ones are owed by the server. */
export class ClientLedger {
  readonly acked = new Map<SignalName, Set<string>>(signals.map((s) => [s, new Set()]))
  readonly sent = new Map<SignalName, Set<string>>(signals.map((s) => [s, new Set()]))
  readonly refusals = new Map<number, number>()
  #unanswered: { signal: SignalName; ids: string[]; body: Buffer }[] = []
  #next = 0

  get ackedItems(): number {
    return [...this.acked.values()].reduce((sum, set) => sum + set.size, 0)
  }

  /** The next body to send: one that was not answered goes first, byte for byte. */
  next(items: number, run: string): { signal: SignalName; ids: string[]; body: Buffer } {
    const again = this.#unanswered.shift()
    if (again) return again
    const serial = this.#next++
    const signal = signals[serial % signals.length]!
    const ids = Array.from({ length: items }, (_, i) => `${run}-${serial}-${i}`)
    for (const id of ids) this.sent.get(signal)!.add(id)
    return { signal, ids, body: encodeRequest(signal, requestOf(signal, ids, Date.now())) }
  }

  /** Sends one body; what is not answered 200 is kept to be sent again. @returns the status, or 0 */
  async send(url: string, items: number, run: string): Promise<number> {
    const request = this.next(items, run)
    const status = await post(`${url}/v1/${request.signal}`, request.body)
    if (status === 200) for (const id of request.ids) this.acked.get(request.signal)!.add(id)
    else {
      this.refusals.set(status, (this.refusals.get(status) ?? 0) + 1)
      if (status === 0 || status === 429 || status === 503) this.#unanswered.push(request)
    }
    return status
  }

  get waiting(): number {
    return this.#unanswered.length
  }

  /**
   * Compares with the tables: acknowledged and absent, stored twice, stored and never sent. `tables` is the folder of an
   * embedded engine that no process holds, or a query over them.
   */
  async compare(
    tables: string | Store['rows'],
  ): Promise<{ stored: number; lost: number; doubled: number; foreign: number }> {
    const read: Store['rows'] = typeof tables === 'string' ? (sql) => queryFolder(tables, sql) : tables
    const total = { stored: 0, lost: 0, doubled: 0, foreign: 0 }
    for (const signal of signals) {
      const { table, column } = idColumns[signal]
      const sql = `SELECT ${column} AS id, count() AS n FROM ${table} GROUP BY id`
      const rows = await read<{ id: string; n: string }>(sql)
      const stored = new Map(rows.map((row) => [row.id, Number(row.n)]))
      total.stored += stored.size
      for (const id of this.acked.get(signal)!) if (!stored.has(id)) total.lost += 1
      for (const [id, n] of stored) {
        if (n > 1) total.doubled += 1
        if (!this.sent.get(signal)!.has(id)) total.foreign += 1
      }
    }
    return total
  }
}

/** @returns the HTTP status, or 0 where there was no answer */
export async function post(url: string, body: Buffer, headers: Record<string, string> = {}): Promise<number> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { 'content-type': 'application/x-protobuf', ...headers },
    })
    await response.arrayBuffer()
    return response.status
  } catch {
    return 0
  }
}
