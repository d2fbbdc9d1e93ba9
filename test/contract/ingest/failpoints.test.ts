import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { Failpoint } from '../../../shared/runtime/failpoint.ts'
import { type Child, startChild } from '../../support/child.ts'
import { ClientLedger } from '../../support/ledger.ts'

const dirs: string[] = []
const folder = () => {
  dirs.push(mkdtempSync(join(tmpdir(), 'plumbline-fail-')))
  return dirs.at(-1)!
}
afterAll(() => {
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true })
})

/** Sends until the process dies of its failpoint. */
async function untilDead(child: Child, ledger: ClientLedger, run: string): Promise<void> {
  let dead = false
  child.process.once('exit', () => {
    dead = true
  })
  const sender = async () => {
    while (!dead) await ledger.send(child.urls.otlpHttp, 300, run)
  }
  await Promise.all([sender(), sender()])
}

const points: [Failpoint, number][] = [
  ['after_log_write', 30],
  ['after_fsync', 30],
  ['before_answer', 30],
  ['after_answer', 30],
  ['after_seal', 2],
  ['mid_insert', 1],
  ['after_insert', 2],
  ['before_checkpoint', 1],
  ['mid_checkpoint', 1],
  ['segment_delete', 1],
]

it('keeps every acknowledged item exactly once when it dies at any named point', async () => {
  const dir = folder()
  const ledger = new ClientLedger()
  for (const [point, nth] of points) {
    const env = { PLUMBLINE_FAILPOINT: `${point}:${nth}`, PLUMBLINE_INGEST_LOG_MIB: '16' }
    await untilDead(await startChild(dir, env), ledger, point)
  }
  const last = await startChild(dir)
  while (ledger.waiting > 0) await ledger.send(last.urls.otlpHttp, 300, 'end')
  expect(await last.stop()).toBe(0)
  const result = await ledger.compare(dir)
  expect(result).toMatchObject({ lost: 0, doubled: 0, foreign: 0 })
  expect(result.stored).toBe(ledger.ackedItems)
}, 240_000)

it('stores items twice when it does not ask the table after a crash, so that this test is known to see', async () => {
  const dir = folder()
  const ledger = new ClientLedger()
  await untilDead(await startChild(dir, { PLUMBLINE_FAILPOINT: 'after_insert:1' }), ledger, 'control')
  const last = await startChild(dir, { PLUMBLINE_FAILPOINT: 'no_verify' })
  while (ledger.waiting > 0) await ledger.send(last.urls.otlpHttp, 300, 'end')
  await last.stop()
  expect((await ledger.compare(dir)).doubled).toBeGreaterThan(0)
}, 120_000)
