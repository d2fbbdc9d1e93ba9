import { randomBytes } from 'node:crypto'
import type { Channel } from '../model/alert.ts'
import type { Context } from '../runtime/service.ts'
import { secretBox } from '../security/secrets.ts'
import { type ChannelFilter, type ChannelInput, checkChannel, checkSecret, takesNoSecret } from './channel-input.ts'
import { ConflictError, InvalidInputError } from './errors.ts'
import { iso, type Page, type Paged, pageOf } from './page.ts'
import type { Tx } from './state.ts'

export type { ChannelFilter, ChannelInput }

/** What the functions here need of the context. `random` secrets come from the system, not from `context.random`. */
export type ChannelContext = Pick<Context, 'state' | 'clock' | 'config'>

/** How long the secret before is used beside the new one, so that a receiver can change over. */
export const ROTATION_OVERLAP_MS = 24 * 3_600_000

type Document = Omit<Channel, 'id' | 'name' | 'kind' | 'enabled'>
type Row = { id: string; name: string; kind: Channel['kind']; enabled: number; document: string }
type Secrets = { url: string; current: string | null; previous: string | null; previous_until_ms: number | null }

const COLUMNS = 'id, name, kind, enabled, document'

const read = (row: Row): Channel => {
  const document = JSON.parse(row.document) as Document
  return { id: row.id, name: row.name, kind: row.kind, enabled: Number(row.enabled) === 1, ...document }
}

/**
 * Makes a channel. A `webhook` without a secret is given one (`whsec_…`), which is returned here and never again.
 * @throws InvalidInputError naming the field; ConflictError when the name is in use
 */
export async function createChannel(
  context: ChannelContext,
  input: ChannelInput,
): Promise<{ channel: Channel; secret: string | null }> {
  const checked = checkChannel(input, context.config.allowPrivateTargets)
  const generated = checked.kind === 'webhook' && !input.secret ? newSecret() : null
  const nowMs = context.clock.nowMs()
  const secrets: Secrets = {
    url: checked.url,
    current: generated ?? checked.secret,
    previous: null,
    previous_until_ms: null,
  }
  const channel: Channel = {
    id: `chn_${randomBytes(9).toString('hex')}`,
    name: checked.name,
    kind: checked.kind,
    url: shownUrl(checked.kind, checked.url),
    filter: checked.filter,
    enabled: input.enabled ?? true,
    disabled_reason: null,
    secret: describeSecret(secrets.current),
    created_at: iso(nowMs),
    updated_at: iso(nowMs),
  }
  await context.state.transaction(async (tx) => {
    await checkName(tx, channel.name, channel.id)
    await put(tx, channel, seal(context, channel.id, secrets), nowMs)
  })
  return { channel, secret: generated }
}

export async function listChannels(tx: Tx, page: Page = {}): Promise<Paged<Channel>> {
  const where = { sql: [], values: [] }
  const rows = await pageOf<Row>(tx, {
    table: 'channels',
    columns: COLUMNS,
    timeColumn: 'created_at_ms',
    where,
    page,
  })
  return { items: rows.items.map(read), next: rows.next }
}

export async function getChannel(tx: Tx, id: string): Promise<Channel | null> {
  const row = await tx.get<Row>(`SELECT ${COLUMNS} FROM channels WHERE id = ?`, id)
  return row ? read(row) : null
}

/**
 * Changes what is given. `enabled: true` also forgives a channel that its receiver had disabled.
 * @returns null where there is no such channel
 * @throws InvalidInputError naming the field; ConflictError when the name is in use
 */
export function updateChannel(
  context: ChannelContext,
  id: string,
  patch: Partial<Omit<ChannelInput, 'kind'>>,
): Promise<Channel | null> {
  const nowMs = context.clock.nowMs()
  return context.state.transaction(async (tx) => {
    const before = await getChannel(tx, id)
    if (!before) return null
    refuseScript(before)
    const secrets = await secretsOf(context, tx, id)
    const merged = { kind: before.kind, name: before.name, url: secrets.url, filter: before.filter, ...defined(patch) }
    if (patch.url === before.url) merged.url = secrets.url
    const checked = checkChannel(
      { ...merged, secret: patch.secret ?? secrets.current },
      context.config.allowPrivateTargets,
    )
    const next: Secrets = { ...secrets, url: checked.url, current: checked.secret }
    const enabled = patch.enabled ?? before.enabled
    const channel: Channel = {
      ...before,
      name: checked.name,
      url: shownUrl(before.kind, checked.url),
      filter: checked.filter,
      enabled,
      disabled_reason: enabled ? null : before.disabled_reason,
      secret: describeSecret(next.current),
      updated_at: iso(nowMs),
    }
    await checkName(tx, channel.name, id)
    await put(tx, channel, seal(context, id, next), nowMs)
    return channel
  })
}

/** Deletes a channel; what it was still owed is tried at once and becomes a dead letter. @returns whether there was one */
export function deleteChannel(context: ChannelContext, id: string): Promise<boolean> {
  return context.state.transaction(async (tx) => {
    refuseScript(await getChannel(tx, id))
    return dropChannel(context, tx, id)
  })
}

export async function dropChannel(context: ChannelContext, tx: Tx, id: string): Promise<boolean> {
  const deleted = await tx.run('DELETE FROM channels WHERE id = ?', id)
  const due = "UPDATE deliveries SET next_attempt_ms = ? WHERE channel_id = ? AND state = 'pending'"
  if (deleted > 0) await tx.run(due, context.clock.nowMs(), id)
  return deleted > 0
}

/** @throws ConflictError for a channel that the configuration file owns */
function refuseScript(channel: Channel | null): void {
  if (channel?.kind === 'script')
    throw new ConflictError(
      `cannot change "${channel.name}": the configuration file names it under scripts. Change it there and restart`,
    )
}

/** Writes a `script` channel as the configuration file has it. */
export async function putScriptChannel(
  context: ChannelContext,
  tx: Tx,
  s: { id: string; name: string; filter: ChannelFilter; before: Channel | null },
): Promise<void> {
  const nowMs = context.clock.nowMs()
  const url = `script:${encodeURIComponent(s.name)}`
  const channel: Channel = {
    ...{ id: s.id, name: s.name, kind: 'script', url, filter: s.filter, enabled: true, disabled_reason: null },
    secret: describeSecret(null),
    created_at: s.before?.created_at ?? iso(nowMs),
    updated_at: iso(nowMs),
  }
  await checkName(tx, s.name, s.id)
  await put(tx, channel, seal(context, s.id, { url, current: null, previous: null, previous_until_ms: null }), nowMs)
}

/**
 * Gives a channel a new secret (generated where none is given, for a `webhook`). For 24 hours messages are signed with both.
 * @returns the generated secret, once; null where there is no such channel
 */
export function rotateSecret(
  context: ChannelContext,
  id: string,
  input: { secret?: string | undefined } = {},
): Promise<{ channel: Channel; secret: string | null } | null> {
  const nowMs = context.clock.nowMs()
  return context.state.transaction(async (tx) => {
    const before = await getChannel(tx, id)
    if (!before) return null
    refuseScript(before)
    if (!input.secret && before.kind !== 'webhook')
      throw new InvalidInputError(
        'secret',
        `cannot rotate secret: a ${before.kind} channel needs the new one to be given`,
      )
    if (input.secret && takesNoSecret(before.kind))
      throw new InvalidInputError('secret', `cannot rotate secret: a ${before.kind} channel has none`)
    const generated = input.secret ? null : newSecret()
    const old = await secretsOf(context, tx, id)
    const current = generated ?? checkSecret(before.kind, input.secret)
    const secrets: Secrets = { ...old, current, previous: old.current, previous_until_ms: nowMs + ROTATION_OVERLAP_MS }
    const channel = { ...before, secret: describeSecret(current), updated_at: iso(nowMs) }
    await put(tx, channel, seal(context, id, secrets), nowMs)
    return { channel, secret: generated }
  })
}

/** What a sender needs: the whole URL, and the secrets that are live now, newest first. Never for an answer or a log. */
export async function openTarget(
  context: ChannelContext,
  id: string,
): Promise<{ channel: Channel; url: string; secrets: string[] } | null> {
  const channel = await getChannel(context.state, id)
  if (!channel) return null
  const s = await secretsOf(context, context.state, id)
  const previous = s.previous !== null && (s.previous_until_ms ?? 0) > context.clock.nowMs() ? [s.previous] : []
  return { channel, url: s.url, secrets: [...(s.current === null ? [] : [s.current]), ...previous] }
}

/** Turns a channel off because its receiver said so; the reason is shown. */
export async function disableChannel(tx: Tx, id: string, reason: string, nowMs: number): Promise<void> {
  const channel = await getChannel(tx, id)
  if (!channel?.enabled) return
  const { id: _id, name: _name, kind: _kind, enabled: _enabled, ...document } = channel
  await tx.run(
    'UPDATE channels SET enabled = 0, document = ?, updated_at_ms = ? WHERE id = ?',
    JSON.stringify({ ...document, disabled_reason: reason, updated_at: iso(nowMs) }),
    nowMs,
    id,
  )
}

const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`

const describeSecret = (secret: string | null): Channel['secret'] => ({
  set: secret !== null,
  last4: secret !== null && secret.length >= 12 ? secret.slice(-4) : null,
})

/** A Slack or Teams URL is itself the secret: long parts of its path and query are cut to their last four characters. */
function shownUrl(kind: Channel['kind'], text: string): string {
  if (kind !== 'slack' && kind !== 'teams') return text
  const [path = '', query] = text.split('?', 2)
  const cut = (part: string) => (part.length >= 20 ? `…${part.slice(-4)}` : part)
  const masked = path
    .split('/')
    .map((part, i) => (i < 3 ? part : cut(part)))
    .join('/')
  if (query === undefined) return masked
  const pairs = query.split('&').map((pair) => {
    const [name = '', ...value] = pair.split('=')
    return value.length > 0 ? `${name}=${cut(value.join('='))}` : name
  })
  return `${masked}?${pairs.join('&')}`
}

function defined<T extends object>(patch: T): T {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as T
}

const seal = (context: ChannelContext, id: string, secrets: Secrets) =>
  secretBox(context.config.dataDir).seal(JSON.stringify(secrets), `channel:${id}`)

async function secretsOf(context: ChannelContext, tx: Tx, id: string): Promise<Secrets> {
  const row = await tx.get<{ secrets: string }>('SELECT secrets FROM channels WHERE id = ?', id)
  if (!row) throw new Error('cannot open secret: the channel was deleted')
  return JSON.parse(secretBox(context.config.dataDir).open(row.secrets, `channel:${id}`)) as Secrets
}

async function checkName(tx: Tx, name: string, id: string): Promise<void> {
  const other = await tx.get('SELECT id FROM channels WHERE name = ? AND id <> ?', name, id)
  if (other) throw new ConflictError(`cannot use the name "${name}": another channel has it. Choose another name`)
}

async function put(tx: Tx, channel: Channel, secrets: string, nowMs: number): Promise<void> {
  const { id, name, kind, enabled, ...document } = channel
  await tx.run(
    `INSERT INTO channels (id, name, kind, enabled, document, secrets, created_at_ms, updated_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, enabled = excluded.enabled, document = excluded.document, secrets = excluded.secrets, updated_at_ms = excluded.updated_at_ms`,
    id,
    name,
    kind,
    enabled ? 1 : 0,
    JSON.stringify(document),
    secrets,
    nowMs,
    nowMs,
  )
}
