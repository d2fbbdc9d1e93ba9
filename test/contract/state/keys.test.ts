import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { manualClock } from '../../../shared/runtime/clock.ts'
import { allows, authenticate, createKey, hasKeys, listKeys, revokeKey } from '../../../shared/state/keys.ts'
import { migrateState } from '../../../shared/state/migrate.ts'
import type { State } from '../../../shared/state/state.ts'
import { readMigrations } from '../../../shared/store/migrate.ts'
import { T0 } from '../../support/alerting.ts'
import { type Engine, engines } from '../../support/state-engines.ts'

for (const engine of engines)
  describe.skipIf(engine.skip)(`keys on ${engine.name}`, () => {
    let running: Awaited<ReturnType<Engine['start']>>
    let a: State
    let b: State
    const clock = manualClock(T0)

    beforeAll(async () => {
      running = await engine.start()
      a = await running.open()
      b = await running.open()
      await migrateState(a, readMigrations('migrations/state'))
    }, 60_000)
    afterAll(async () => {
      await a?.close()
      await b?.close()
      running?.stop()
    })

    it('knows a key by its hash until it is revoked, at once', async () => {
      expect(await hasKeys(a)).toBe(false)
      const { key, plaintext } = await createKey({ state: a, clock }, { name: 'ci', scopes: ['read', 'deploy'] })
      expect(JSON.stringify(await a.all('SELECT * FROM api_keys'))).not.toContain(plaintext.slice(12))
      const caller = await authenticate({ state: b, clock }, `Bearer ${plaintext}`)
      expect(caller).toEqual({ id: key.id, name: 'ci', scopes: ['read', 'deploy'] })
      expect([
        allows(caller!, 'read'),
        allows(caller!, 'ingest'),
        allows({ ...caller!, scopes: ['admin'] }, 'ingest'),
      ]).toEqual([true, false, true])
      expect(await authenticate({ state: b, clock }, plaintext)).toMatchObject({ id: key.id })
      for (const wrong of [
        undefined,
        '',
        'Bearer',
        `Bearer ${plaintext}x`,
        plaintext.replace(/.$/, '!'),
        "' OR 1=1 --",
      ])
        expect(await authenticate({ state: b, clock }, wrong)).toBeNull()
      await revokeKey({ state: a, clock }, key.id)
      expect(await authenticate({ state: b, clock }, plaintext)).toBeNull()
      expect((await listKeys(b)).items).toMatchObject([{ id: key.id, prefix: plaintext.slice(0, 12) }])
    })

    it('notes when a key was last used, to within a minute and not more often', async () => {
      const { key, plaintext } = await createKey({ state: a, clock }, { name: 'noted', scopes: ['read'] })
      const used = async () => (await listKeys(a)).items.find((one) => one.id === key.id)?.last_used_at
      expect(await used()).toBeNull()
      const first = new Date(clock.nowMs()).toISOString()
      await Promise.all([a, b].map((state) => authenticate({ state, clock }, plaintext)))
      expect(await used()).toBe(first)
      await clock.advance(59_999)
      await authenticate({ state: b, clock }, plaintext)
      expect(await used()).toBe(first)
      await clock.advance(1)
      await authenticate({ state: b, clock }, `${plaintext}x`)
      expect(await used()).toBe(first)
      await authenticate({ state: b, clock }, plaintext)
      expect(await used()).toBe(new Date(clock.nowMs()).toISOString())
    })

    it('takes a key although its use cannot be noted', async () => {
      const { key, plaintext } = await createKey({ state: a, clock }, { name: 'unnoted', scopes: ['read'] })
      const failing = { ...a, get: a.get.bind(a), run: () => Promise.reject(new Error('the disk is full')) } as State
      expect(await authenticate({ state: failing, clock }, plaintext)).toMatchObject({ id: key.id })
    })
  })
