import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
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

  storeContract(() => bed)
})
