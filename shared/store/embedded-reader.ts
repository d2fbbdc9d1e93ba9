import type { ClickHouseClient } from '@clickhouse/client'
import { connect } from './embedded-connect.ts'
import { readOf } from './read.ts'
import { type Params, readLimits } from './store.ts'

let opened = 0

/**
 * A read-only connection with the limits of reads, one read at a time. After a read that failed it begins anew with another
 * connection: the engine hands what such a query had ready to the next query of its connection.
 */
export class Reader {
  readonly #path: string
  readonly #killer: ClickHouseClient
  #client: ClickHouseClient
  /** Stands in the connection's log_comment, by which what it runs is found. */
  #name: string
  #tail: Promise<unknown> = Promise.resolve()
  queued = 0

  static async open(path: string, killer: ClickHouseClient): Promise<Reader> {
    return new Reader(path, killer, await connectReader(path))
  }

  private constructor(path: string, killer: ClickHouseClient, { client, name }: Named) {
    this.#path = path
    this.#killer = killer
    this.#client = client
    this.#name = name
  }

  async rows<T>(sql: string, params?: Params, signal?: AbortSignal): Promise<T[]> {
    this.queued += 1
    const read = this.#tail.then(() => this.#read<T>(sql, params, signal))
    this.#tail = read.catch(() => {})
    try {
      return await read
    } finally {
      this.queued -= 1
    }
  }

  async #read<T>(sql: string, params?: Params, signal?: AbortSignal): Promise<T[]> {
    const kill = () => void this.#kill()
    signal?.addEventListener('abort', kill, { once: true })
    try {
      return await readOf<T>(this.#client, sql, params, signal)
    } catch (error) {
      await this.#renew()
      throw error
    } finally {
      signal?.removeEventListener('abort', kill)
    }
  }

  /** The connection's own abort gives up waiting and lets the query run on. */
  async #kill(): Promise<void> {
    const query = `KILL QUERY WHERE Settings['log_comment'] = '${this.#name}' ASYNC`
    await this.#killer.command({ query }).catch(() => {})
  }

  async #renew(): Promise<void> {
    await this.#client.close()
    const { client, name } = await connectReader(this.#path)
    this.#client = client
    this.#name = name
  }

  async close(): Promise<void> {
    await this.#client.close()
  }
}

type Named = { client: ClickHouseClient; name: string }

async function connectReader(path: string): Promise<Named> {
  opened += 1
  const name = `plumbline reader ${opened}`
  return { client: await connect(path, { ...readLimits, log_comment: `'${name}'`, readonly: 1 }), name }
}
