import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { startChild } from '../../support/child.ts'
import { ClientLedger } from '../../support/ledger.ts'
import { seeded } from '../../support/random.ts'

const dir = mkdtempSync(join(tmpdir(), 'plumbline-kill-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** Four senders until `stop` says so. */
async function load(ledger: ClientLedger, url: string, run: string, stop: () => boolean): Promise<void> {
  const sender = async () => {
    while (!stop()) {
      const status = await ledger.send(url, 20, run)
      if (status === 0) return
    }
  }
  await Promise.all([sender(), sender(), sender(), sender()])
}

/**  start ─ load ─ kill -9 ─ start ─ load ─ kill -9 ─ … ─ start ─ re-send ─ stop: acknowledged = stored, each once  */
it('keeps every acknowledged item exactly once over kill -9 and byte-equal re-sends', async () => {
  const ledger = new ClientLedger()
  const random = seeded(7)
  for (let round = 0; round < 4; round++) {
    const child = await startChild(dir, { PLUMBLINE_LOG_LEVEL: 'info' })
    const sent = ledger.ackedItems + 500 + Math.floor(random() * 4000)
    let stopped = false
    const loading = load(ledger, child.urls.otlpHttp, `r${round}`, () => stopped)
    while (ledger.ackedItems < sent) await new Promise((resolve) => setImmediate(resolve))
    await child.kill()
    stopped = true
    await loading
  }
  const last = await startChild(dir)
  while (ledger.waiting > 0) await ledger.send(last.urls.otlpHttp, 20, 'end')
  expect(await last.stop()).toBe(0)
  const result = await ledger.compare(dir)
  expect(result).toMatchObject({ lost: 0, doubled: 0, foreign: 0 })
  expect(ledger.ackedItems).toBe(result.stored)
}, 120_000)
