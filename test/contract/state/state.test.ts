import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { alert } from '../../../services/alerting/alert.ts'
import { timing } from '../../../services/alerting/lifecycle.ts'
import { claimDue, settle } from '../../../services/alerting/outbox.ts'
import { manualClock } from '../../../shared/runtime/clock.ts'
import { loadConfig } from '../../../shared/runtime/config.ts'
import {
  createChannel,
  deleteChannel,
  getChannel,
  listChannels,
  openTarget,
  updateChannel,
} from '../../../shared/state/channels.ts'
import { getCursor, setCursor } from '../../../shared/state/cursors.ts'
import { enqueueTest, getDelivery, listDeliveries } from '../../../shared/state/deliveries.ts'
import { listDeploys, recordDeployEvent } from '../../../shared/state/deploys.ts'
import { listIncidents } from '../../../shared/state/incidents.ts'
import { acquireLease, releaseLease, stillHeld } from '../../../shared/state/leases.ts'
import { migrateState } from '../../../shared/state/migrate.ts'
import { numbered, openPostgres } from '../../../shared/state/postgres.ts'
import { createSilence, expireSilence, listSilences } from '../../../shared/state/silences.ts'
import type { State } from '../../../shared/state/state.ts'
import { readMigrations } from '../../../shared/store/migrate.ts'
import { anomalyOf, at, T0 } from '../../support/alerting.ts'
import { startPostgres } from '../../support/postgres.ts'
import { type Engine, engines, missing } from '../../support/state-engines.ts'

const migrations = readMigrations('migrations/state')

for (const engine of engines)
  describe.skipIf(engine.skip)(`the state on ${engine.name}`, () => {
    let running: Awaited<ReturnType<Engine['start']>>
    let a: State
    let b: State
    const clock = manualClock(T0)
    const dataDir = mkdtempSync(join(tmpdir(), 'plumbline-keys-'))
    const config = loadConfig({ PLUMBLINE_DATA_DIR: dataDir, PLUMBLINE_ALLOW_PRIVATE_TARGETS: '127.0.0.0/8' })
    const contextOf = (state: State) => ({ state, clock, config, random: () => 0.5 })

    beforeAll(async () => {
      running = await engine.start()
      a = await running.open()
      b = await running.open()
      await Promise.all([migrateState(a, migrations), engine.name === 'postgres' ? migrateState(b, migrations) : null])
    }, 60_000)
    afterAll(async () => {
      await a?.close()
      await b?.close()
      running?.stop()
      rmSync(dataDir, { recursive: true, force: true })
    })

    it('migrates once, and once only when two replicas start together', async () => {
      expect(await migrateState(b, migrations)).toEqual([])
      expect(await a.all('SELECT version FROM schema_migrations')).toHaveLength(migrations.length)
    })

    it('refuses a migration that was edited, and a state of a newer program', async () => {
      await expect(migrateState(a, [{ ...migrations[0]!, sha256: 'x' }, ...migrations.slice(1)])).rejects.toThrow(
        'was edited',
      )
      await expect(migrateState(a, [])).rejects.toThrow('a newer Plumbline wrote it')
    })

    it('rolls a failed transaction back whole and goes on', async () => {
      const failing = a.transaction(async (tx) => {
        await tx.run("INSERT INTO cursors (name, position, updated_at_ms) VALUES ('half', 'x', 1)")
        throw new Error('no')
      })
      await expect(failing).rejects.toThrow('no')
      expect(await getCursor(a, 'half')).toBeNull()
      await setCursor(a, 'whole', 'y', 9_007_199_254_740_991)
      expect(await b.get('SELECT updated_at_ms FROM cursors WHERE name = ?', 'whole')).toEqual({
        updated_at_ms: 9_007_199_254_740_991,
      })
    })

    it('loses no increment when two connections read and write the same row at once', async () => {
      await setCursor(a, 'count', '0', 0)
      const add = (state: State) =>
        state.transaction(async (tx) => {
          const row = await tx.get<{ position: string }>("SELECT position FROM cursors WHERE name = 'count'")
          await tx.run("UPDATE cursors SET position = ? WHERE name = 'count'", String(Number(row?.position) + 1))
        })
      // Two connections of one process on one SQLite file would wait for each other; there one process has one.
      const other = engine.name === 'postgres' ? b : a
      await Promise.all(Array.from({ length: 40 }, (_, i) => add(i % 2 ? a : other)))
      expect(await getCursor(a, 'count')).toBe('40')
    })

    it('keeps text as it is, whatever it holds', async () => {
      for (const text of ["it's", '"quoted"', 'a?b $1 :x', '😀 ü\n\t', "'; DROP TABLE cursors; --", ''])
        await setCursor(a, 'text', text, 0).then(async () => expect(await getCursor(b, 'text')).toBe(text))
    })

    it('gives a lease to one owner at a time, and a new fencing number with each change of hands', async () => {
      const ask = (state: State, owner: string, nowMs: number) =>
        acquireLease(state, { name: 'l', owner, ttlMs: 100, nowMs })
      expect(await ask(a, 'one', 0)).toMatchObject({ held: true, fencing: 1 })
      expect(await ask(b, 'two', 50)).toMatchObject({ held: false, owner: 'one' })
      expect(await ask(a, 'one', 80)).toMatchObject({ held: true, fencing: 1 })
      expect(await ask(b, 'two', 180)).toMatchObject({ held: true, fencing: 2 })
      expect(await a.transaction((tx) => stillHeld(tx, 'l', 1))).toBe(false)
      await releaseLease(b, 'l', 'two')
      expect(await ask(a, 'one', 181)).toMatchObject({ held: true, fencing: 3 })
    })

    it('keeps channels, gives a secret out once, and stores it sealed', async () => {
      const context = contextOf(a)
      const made = await createChannel(context, { name: 'hook', kind: 'webhook', url: 'http://127.0.0.1:9999/x' })
      expect(made.secret).toMatch(/^whsec_/)
      expect(JSON.stringify(await listChannels(b))).not.toContain(made.secret)
      const row = await b.get<{ secrets: string; document: string }>(
        'SELECT secrets, document FROM channels WHERE id = ?',
        made.channel.id,
      )
      expect(`${row?.secrets}${row?.document}`).not.toContain(made.secret?.slice(6, 20))
      expect((await openTarget(contextOf(b), made.channel.id))?.secrets).toEqual([made.secret])
      await expect(
        createChannel(context, { name: 'hook', kind: 'slack', url: 'http://127.0.0.1:9999/x' }),
      ).rejects.toThrow('another channel has it')
      const updated = await updateChannel(context, made.channel.id, { name: 'hook 2', enabled: false })
      expect(updated).toMatchObject({
        name: 'hook 2',
        enabled: false,
        url: 'http://127.0.0.1:9999/x',
        secret: { set: true },
      })
      expect((await openTarget(contextOf(b), made.channel.id))?.secrets).toEqual([made.secret])
      expect([await deleteChannel(context, made.channel.id), await deleteChannel(context, made.channel.id)]).toEqual([
        true,
        false,
      ])
      expect(await getChannel(b, made.channel.id)).toBeNull()
    })

    it('pages through lists without a gap or a repeat', async () => {
      for (let i = 0; i < 25; i++)
        await createSilence({ state: a, clock }, { matchers: { service: `s${i}` }, ends_at: at(60_000) })
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const page = await listSilences(b, { limit: 10, cursor })
        seen.push(...page.items.map((s) => s.id))
        cursor = page.next ?? undefined
      } while (cursor)
      expect(new Set(seen).size).toBe(25)
      expect(seen).toHaveLength(25)
      const ended = await expireSilence({ state: a, clock }, seen[0] ?? '')
      expect(ended?.ends_at).toBe(at(0))
      expect((await listSilences(b, { active: true, nowMs: T0 + 1 })).items).toHaveLength(24)
      await expect(listSilences(b, { cursor: 'nonsense' })).rejects.toThrow('cannot read cursor')
    })

    it('keeps deploys, once however often they are told', async () => {
      const told = {
        service: 'shop',
        environment: 'prod',
        version: '2',
        commit: 'c'.repeat(40),
        started_at: at(0),
      } as never
      await recordDeployEvent(a, told, 'api', T0)
      await recordDeployEvent(b, told, 'api', T0)
      expect((await listDeploys(b, { service: 'shop', commit: 'ccccccc', limit: 10 })).items).toHaveLength(1)
    })

    it('writes an incident and what it owes together, once for two alerters', async () => {
      const { channel } = await createChannel(contextOf(a), {
        name: 'pair',
        kind: 'webhook',
        url: 'http://127.0.0.1:9999/x',
      })
      const o = { timing: { ...timing, holdMs: 0 }, baseUrl: '' }
      const pass = (state: State) => alert(contextOf(state), [anomalyOf()], o)
      await Promise.all(engine.name === 'postgres' ? [pass(a), pass(b)] : [pass(a), pass(a)])
      expect((await listIncidents(b, { service: 'checkout', state: 'firing' })).items).toHaveLength(1)
      expect((await listDeliveries(b, { channel_id: channel.id })).items).toHaveLength(1)
    })

    it('gives a delivery to one claimer, and to another when the claim runs out', async () => {
      const nowMs = clock.nowMs()
      const [first] = await claimDue(a, 'one', nowMs)
      expect(first).toBeDefined()
      expect(await claimDue(b, 'two', nowMs)).toEqual([])
      const [again] = await claimDue(b, 'two', nowMs + 21_000)
      expect(again?.id).toBe(first?.id)
      const done = { outcome: 'delivered', status: 200, error: null, retryAfterMs: null } as const
      expect(await settle(contextOf(a), 'one', first!, done, null)).toBeNull()
      expect(await settle(contextOf(b), 'two', again!, done, null)).toMatchObject({ state: 'delivered' })
    })

    it('claims four of a channel at a time, and those of other channels beside them', async () => {
      const context = contextOf(a)
      const ids: string[] = []
      for (const name of ['x', 'y']) {
        const { channel } = await createChannel(context, { name, kind: 'webhook', url: 'http://127.0.0.1:9999/x' })
        for (let i = 0; i < 10; i++) ids.push((await enqueueTest(context, channel.id))?.id ?? '')
      }
      const claimed = await claimDue(a, 'one', clock.nowMs())
      expect(claimed).toHaveLength(8)
      expect(await claimDue(b, 'two', clock.nowMs())).toEqual([])
      expect(new Set(claimed.map((c) => c.channelId)).size).toBe(2)
      expect(await getDelivery(b, ids[0] ?? '')).toMatchObject({ state: 'pending', event: 'test' })
    })
  })

describe.skipIf(missing !== null)('a PostgreSQL that ends our connections', () => {
  it('costs the call under way, and none after it', async () => {
    const cluster = startPostgres()
    const state = await openPostgres(cluster.url)
    try {
      await state.run('CREATE TABLE t (n BIGINT)')
      const cut = state.transaction(async (tx) => {
        await tx.run('INSERT INTO t (n) VALUES (1)')
        await state.all('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()')
        await tx.run('INSERT INTO t (n) VALUES (2)')
      })
      await expect(cut).rejects.toThrow()
      await state.run('INSERT INTO t (n) VALUES (3)')
      expect(await state.all('SELECT n FROM t')).toEqual([{ n: 3 }])
    } finally {
      await state.close()
      cluster.stop()
    }
  }, 60_000)

  it('is named, without its password, where it does not answer', async () => {
    await expect(openPostgres('postgres://u:pass-word@127.0.0.1:1/db')).rejects.toThrow(
      /^(?!.*pass-word).*127\.0\.0\.1\/db does not answer/,
    )
  })
})

describe('the translation of placeholders', () => {
  it('counts question marks, but not those in quotes and comments', () => {
    expect(numbered('SELECT \'?\', ? -- ?\n, "?", ?')).toBe('SELECT \'?\', $1 -- ?\n, "?", $2')
  })
})
