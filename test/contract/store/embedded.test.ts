import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeDataFolder } from '../../../shared/runtime/folder.ts'
import { openEmbedded } from '../../../shared/store/embedded.ts'
import { type StoreBed, storeContract } from './suite.ts'

/** kill -9 of this engine is test/contract/ingest/kill.test.ts: here the engine is closed and opened. */
describe('the embedded engine', () => {
  const dir = mkdtempSync(join(tmpdir(), 'plumbline-store-'))
  let bed: StoreBed

  beforeAll(async () => {
    bed = {
      store: await openEmbedded(dir),
      restart: async () => {
        await bed.store.close()
        bed.store = await openEmbedded(dir)
      },
    }
  })
  afterAll(async () => {
    await bed.store.close()
    rmSync(dir, { recursive: true, force: true })
  })

  it('keeps what it stores from other users of the machine', () => {
    for (const folder of ['engine', 'segments']) expect(statSync(join(dir, folder)).mode & 0o777).toBe(0o700)
    const made = join(dir, 'data', 'plumbline')
    makeDataFolder(made)
    expect(statSync(made).mode & 0o777).toBe(0o700)
  })

  storeContract(() => bed)
})
