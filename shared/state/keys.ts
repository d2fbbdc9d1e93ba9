import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { ApiKey, Scope } from '../model/alert.ts'
import type { Context } from '../runtime/service.ts'
import { InvalidInputError } from './errors.ts'
import { iso, isoOrNull, type Page, type Paged, pageOf } from './page.ts'
import type { State } from './state.ts'

export const SCOPES: readonly Scope[] = ['ingest', 'read', 'deploy', 'admin']

/** Who calls. `admin` holds every scope. */
export type Caller = { id: string; name: string; scopes: Scope[] }

type Row = {
  id: string
  name: string
  prefix: string
  sha256: string
  scopes: string
  created_at_ms: number
  revoked_at_ms: number | null
  last_used_at_ms: number | null
}

const COLUMNS = 'id, name, prefix, sha256, scopes, created_at_ms, revoked_at_ms, last_used_at_ms'
const PREFIX_LENGTH = 12
/** The use of a key is noted no more often than this. */
const NOTED_EVERY_MS = 60_000

const hash = (plaintext: string) => createHash('sha256').update(plaintext).digest()
const scopesOf = (row: Row) => row.scopes.split(',') as Scope[]

const read = (row: Row): ApiKey => ({
  id: row.id,
  name: row.name,
  prefix: row.prefix,
  scopes: scopesOf(row),
  created_at: iso(Number(row.created_at_ms)),
  last_used_at: isoOrNull(row.last_used_at_ms === null ? null : Number(row.last_used_at_ms)),
  revoked_at: isoOrNull(row.revoked_at_ms === null ? null : Number(row.revoked_at_ms)),
})

/**
 * Makes a key of 256 random bits. Its plaintext (`plb_…`) is returned here and never again; kept is its SHA-256.
 * @throws InvalidInputError naming the field
 */
export async function createKey(
  context: Pick<Context, 'state' | 'clock'>,
  input: { name: string; scopes: Scope[] },
): Promise<{ key: ApiKey; plaintext: string }> {
  const name = input.name.trim()
  if (name === '' || name.length > 100)
    throw new InvalidInputError('name', 'cannot create key: its name must have 1 to 100 characters')
  const scopes = SCOPES.filter((scope) => input.scopes.includes(scope))
  if (scopes.length === 0 || scopes.length !== new Set(input.scopes).size)
    throw new InvalidInputError('scopes', `cannot create key: scopes must be one or more of ${SCOPES.join(', ')}`)
  const plaintext = `plb_${randomBytes(32).toString('base64url')}`
  const row: Row = {
    id: `key_${randomBytes(9).toString('hex')}`,
    name,
    prefix: plaintext.slice(0, PREFIX_LENGTH),
    sha256: hash(plaintext).toString('hex'),
    scopes: scopes.join(','),
    created_at_ms: context.clock.nowMs(),
    revoked_at_ms: null,
    last_used_at_ms: null,
  }
  await context.state.run(
    `INSERT INTO api_keys (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    row.id,
    row.name,
    row.prefix,
    row.sha256,
    row.scopes,
    row.created_at_ms,
    ...[null, null],
  )
  return { key: read(row), plaintext }
}

/** Keys, newest first, revoked ones too. */
export async function listKeys(state: State, page: Page = {}): Promise<Paged<ApiKey>> {
  const where = { sql: [], values: [] }
  const rows = await pageOf<Row>(state, {
    table: 'api_keys',
    columns: COLUMNS,
    timeColumn: 'created_at_ms',
    where,
    page,
  })
  return { items: rows.items.map(read), next: rows.next }
}

/** Whether any key is live: a server that listens beyond loopback must have one. */
export async function hasKeys(state: State): Promise<boolean> {
  return (await state.get('SELECT id FROM api_keys WHERE revoked_at_ms IS NULL LIMIT 1')) !== undefined
}

/** Revokes a key at once. @returns null where there is no such key */
export async function revokeKey(context: Pick<Context, 'state' | 'clock'>, id: string): Promise<ApiKey | null> {
  await context.state.run(
    'UPDATE api_keys SET revoked_at_ms = ? WHERE id = ? AND revoked_at_ms IS NULL',
    context.clock.nowMs(),
    id,
  )
  const row = await context.state.get<Row>(`SELECT ${COLUMNS} FROM api_keys WHERE id = ?`, id)
  return row ? read(row) : null
}

/**
 * Who sent this header: `Authorization: Bearer plb_…`, or `x-api-key: plb_…`. Null for none, unknown or revoked.
 * Looked up by hash, so that no comparison's time tells of a stored key. Its use is noted.
 */
export async function authenticate(
  { state, clock }: Pick<Context, 'state' | 'clock'>,
  header: string | undefined | null,
): Promise<Caller | null> {
  const plaintext = /^\s*(?:Bearer\s+)?(plb_[A-Za-z0-9_-]{43})\s*$/i.exec(header ?? '')?.[1]
  if (!plaintext) return null
  const digest = hash(plaintext)
  const row = await state.get<Row>(`SELECT ${COLUMNS} FROM api_keys WHERE sha256 = ?`, digest.toString('hex'))
  if (!row || !timingSafeEqual(Buffer.from(row.sha256, 'hex'), digest) || row.revoked_at_ms !== null) return null
  await noteUse(state, row, clock.nowMs())
  return { id: row.id, name: row.name, scopes: scopesOf(row) }
}

/** Notes that a key was used, unless that was noted a moment ago. A state that cannot be written shuts nobody out. */
async function noteUse(state: State, row: Row, nowMs: number): Promise<void> {
  if (row.last_used_at_ms !== null && nowMs - Number(row.last_used_at_ms) < NOTED_EVERY_MS) return
  const sql =
    'UPDATE api_keys SET last_used_at_ms = ? WHERE id = ? AND (last_used_at_ms IS NULL OR last_used_at_ms <= ?)'
  await state.run(sql, nowMs, row.id, nowMs - NOTED_EVERY_MS).catch(() => {})
}

/** Whether a caller may do what needs `scope`. */
export const allows = (caller: Caller, scope: Scope): boolean =>
  caller.scopes.includes('admin') || caller.scopes.includes(scope)
