import { randomBytes } from 'node:crypto'
import type { Silence } from '../model/alert.ts'
import type { Context } from '../runtime/service.ts'
import { InvalidInputError } from './errors.ts'
import { iso, msOf, type Page, type Paged, pageOf } from './page.ts'
import type { State, Tx } from './state.ts'

export type SilenceInput = {
  matchers: Silence['matchers']
  /** ISO 8601; left out: from now on. */
  starts_at?: string | undefined
  ends_at: string
  comment?: string | undefined
  created_by?: string | undefined
}

type Row = { id: string; document: string }
const MATCHERS = ['service', 'environment', 'signal', 'dimension', 'deploy_id']
const LONGEST_MS = 400 * 86_400_000
const read = (row: Row) => JSON.parse(row.document) as Silence

/** @throws InvalidInputError naming the field */
export async function createSilence(context: Pick<Context, 'state' | 'clock'>, input: SilenceInput): Promise<Silence> {
  const nowMs = context.clock.nowMs()
  const startsMs = input.starts_at === undefined ? nowMs : msOf(input.starts_at)
  const endsMs = msOf(input.ends_at)
  if (Number.isNaN(startsMs))
    throw new InvalidInputError('starts_at', 'cannot create silence: starts_at is no ISO 8601 time')
  if (Number.isNaN(endsMs) || endsMs <= startsMs || endsMs - startsMs > LONGEST_MS)
    throw new InvalidInputError(
      'ends_at',
      'cannot create silence: ends_at must come after starts_at, at most 400 days later',
    )
  const silence: Silence = {
    id: `sil_${randomBytes(9).toString('hex')}`,
    matchers: checkMatchers(input.matchers),
    starts_at: iso(startsMs),
    ends_at: iso(endsMs),
    comment: (input.comment ?? '').slice(0, 1000),
    created_by: (input.created_by ?? '').slice(0, 200),
    created_at: iso(nowMs),
  }
  await context.state.run(
    'INSERT INTO silences (id, starts_at_ms, ends_at_ms, document) VALUES (?, ?, ?, ?)',
    silence.id,
    startsMs,
    endsMs,
    JSON.stringify(silence),
  )
  return silence
}

function checkMatchers(matchers: Silence['matchers']): Silence['matchers'] {
  const given = Object.entries(matchers ?? {}).filter(([, value]) => value !== undefined)
  const bad = given.find(([key, value]) => !MATCHERS.includes(key) || typeof value !== 'string' || value === '')
  if (bad || given.length === 0)
    throw new InvalidInputError(
      'matchers',
      `cannot create silence: give at least one of ${MATCHERS.join(', ')}, each a text`,
    )
  return Object.fromEntries(given)
}

/** Silences, the latest to begin first. `active`: only those that hold at `nowMs`. */
export async function listSilences(
  state: State,
  o: Page & { active?: boolean | undefined; nowMs?: number | undefined } = {},
): Promise<Paged<Silence>> {
  const where =
    o.active && o.nowMs !== undefined
      ? { sql: ['starts_at_ms <= ? AND ends_at_ms > ?'], values: [o.nowMs, o.nowMs] }
      : { sql: [], values: [] }
  const rows = await pageOf<Row>(state, {
    table: 'silences',
    columns: 'id, document',
    timeColumn: 'starts_at_ms',
    where,
    page: o,
  })
  return { items: rows.items.map(read), next: rows.next }
}

/** Ends a silence now. @returns null where there is no such silence */
export function expireSilence(context: Pick<Context, 'state' | 'clock'>, id: string): Promise<Silence | null> {
  const nowMs = context.clock.nowMs()
  return context.state.transaction(async (tx) => {
    const row = await tx.get<Row>('SELECT id, document FROM silences WHERE id = ?', id)
    if (!row) return null
    const before = read(row)
    if (msOf(before.ends_at) <= nowMs) return before
    const silence = { ...before, ends_at: iso(nowMs) }
    await tx.run('UPDATE silences SET ends_at_ms = ?, document = ? WHERE id = ?', nowMs, JSON.stringify(silence), id)
    return silence
  })
}

/** The silences that hold now, at most 1000. */
export async function activeSilences(tx: Tx, nowMs: number): Promise<Silence[]> {
  const rows = await tx.all<Row>(
    'SELECT id, document FROM silences WHERE starts_at_ms <= ? AND ends_at_ms > ? ORDER BY ends_at_ms DESC LIMIT 1000',
    nowMs,
    nowMs,
  )
  return rows.map(read)
}
