import type { Clock } from '../../shared/runtime/clock.ts'
import type { Store } from '../../shared/store/store.ts'
import type { SealedBlock, Signal, Table } from './decode/index.ts'
import type { Seal } from './log/ledger.ts'

export const signalOf = (table: Table): Signal =>
  table === 'otel_traces' ? 'traces' : table === 'otel_logs' ? 'logs' : 'metrics'

/**
 * Says which minutes have new rows. Called after the rows can be queried and before the log lets go of them, so a crash
 * between the two notes them twice and never not at all. `noted_at` grows strictly, so that a cursor over it misses nothing.
 */
export class Notes {
  readonly #store: Store
  readonly #clock: Clock
  #lastMs = 0

  constructor(store: Store, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  async add(batches: { seal: Seal; block: SealedBlock }[]): Promise<void> {
    this.#lastMs = Math.max(this.#lastMs + 1, this.#clock.nowMs())
    const notedAt = (this.#lastMs / 1000).toFixed(3)
    const rows = batches.flatMap(({ seal, block }) =>
      block.minutes.map((minute) => ({
        noted_at: notedAt,
        signal: signalOf(block.table),
        batch: String(seal.batch),
        minute: minute * 60,
      })),
    )
    await this.#store.insert('touched_minutes', rows)
  }
}
