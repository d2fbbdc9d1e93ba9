import type { Tx, Value } from './state.ts'

export type Page = { limit?: number | undefined; cursor?: string | undefined }
export type Paged<T> = { items: T[]; next: string | null }

export const iso = (ms: number): string => new Date(ms).toISOString()
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms))
export const msOf = (text: string): number => Date.parse(text)

/** A cursor names its list: in another one it would skip what is newer, and say nothing. */
const write = (table: string, atMs: number, id: string) =>
  Buffer.from(JSON.stringify([table, atMs, id])).toString('base64url')

function read(cursor: string, table: string): [number, string] {
  try {
    const [of, atMs, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]
    if (of === table && typeof atMs === 'number' && typeof id === 'string') return [atMs, id]
  } catch {}
  throw new Error('cannot read cursor: it is not one that this list gave out. Start without a cursor')
}

/** The part of a WHERE clause that grows by what the caller filters on. */
export type Conditions = { sql: string[]; values: Value[] }

/** Adds `column = value` where a value is given. */
export function equal(to: Conditions, column: string, value: string | number | undefined): void {
  if (value === undefined) return
  to.sql.push(`${column} = ?`)
  to.values.push(value)
}

/**
 * One page of a table, newest first by `timeColumn`, then id. `next` is the cursor of the following page, or null.
 * Names come from the caller's code, never from a user.
 */
export async function pageOf<Row extends { id: string }>(
  tx: Tx,
  o: { table: string; columns: string; timeColumn: string; where: Conditions; page: Page },
): Promise<Paged<Row>> {
  const { sql, values } = { sql: [...o.where.sql], values: [...o.where.values] }
  if (o.page.cursor !== undefined) {
    const [atMs, id] = read(o.page.cursor, o.table)
    sql.push(`(${o.timeColumn} < ? OR (${o.timeColumn} = ? AND id < ?))`)
    values.push(atMs, atMs, id)
  }
  const limit = Math.min(1000, Math.max(1, Math.trunc(o.page.limit ?? 100)))
  const rows = await tx.all<Row & { page_ms: number }>(
    `SELECT ${o.columns}, ${o.timeColumn} AS page_ms FROM ${o.table} ${sql.length > 0 ? `WHERE ${sql.join(' AND ')}` : ''}
     ORDER BY ${o.timeColumn} DESC, id DESC LIMIT ?`,
    ...values,
    limit + 1,
  )
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, next: rows.length > limit && last ? write(o.table, Number(last.page_ms), last.id) : null }
}
