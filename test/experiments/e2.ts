import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Failpoint } from '../../shared/runtime/failpoint.ts'
import { startChild } from '../support/child.ts'
import { ClientLedger } from '../support/ledger.ts'
import { inFolder, load, numberArgs, say, settle, verdict } from './kills.ts'
import type { Experiment } from './main.ts'

const POINTS: [Failpoint, number][] = [
  ['after_log_write', 25],
  ['after_fsync', 25],
  ['before_answer', 25],
  ['after_answer', 25],
  ['after_seal', 2],
  ['mid_insert', 1],
  ['after_insert', 2],
  ['before_checkpoint', 1],
  ['mid_checkpoint', 1],
  ['segment_delete', 1],
]

async function die(dir: string, ledger: ClientLedger, failpoint: string, run: string): Promise<void> {
  const child = await startChild(dir, { PLUMBLINE_FAILPOINT: failpoint, PLUMBLINE_INGEST_LOG_MIB: '16' })
  let dead = false
  child.process.once('exit', () => {
    dead = true
  })
  await load(ledger, child.urls.otlpHttp, { senders: 4, items: 300, run, stopped: () => dead })
}

/** The engine puts parts in their place by rename(2), and files of tables by renameat2. */
const KILL_AT_RENAME = [
  ...['strace', '-f', '-qq', '--seccomp-bpf', '-o', '/dev/null', '-e', 'trace=rename'],
  ...['-e', 'inject=rename:signal=SIGKILL:when=1'],
]

/** Dies when the engine is about to put a part in its place, which may be before it is ready: where it merges. */
async function dieAtRename(dir: string, ledger: ClientLedger, run: string): Promise<void> {
  const child = await startChild(dir, {}, undefined, KILL_AT_RENAME).catch(() => null)
  if (!child) return
  let dead = false
  child.process.once('exit', () => {
    dead = true
  })
  await load(ledger, child.urls.otlpHttp, { senders: 4, items: 300, run, stopped: () => dead })
}

/** What the experiment must see: without verification rows are doubled, and without the log those are lost that were on their way. */
async function controls(): Promise<{ doubled: number; lost: number }> {
  const { doubled } = await inFolder('e2-unverified', async (dir) => {
    const ledger = new ClientLedger()
    await die(dir, ledger, 'after_insert:1', 'control')
    return settle(dir, ledger, { PLUMBLINE_FAILPOINT: 'no_verify' })
  })
  const { lost } = await inFolder('e2-unlogged', async (dir) => {
    const ledger = new ClientLedger()
    await (await startChild(dir)).stop()
    await dieAtRename(dir, ledger, 'control')
    rmSync(join(dir, 'log'), { recursive: true })
    return settle(dir, ledger)
  })
  return { doubled, lost }
}

/** E2: dies at each named point and at the engine's rename, `times` times each (20 for the full figure); then the controls. */
const run: Experiment = async (args) => {
  const { times } = numberArgs(args, { times: 2 })
  const ledger = new ClientLedger()
  const result = await inFolder('e2', async (dir) => {
    for (let i = 0; i < times; i++) {
      for (const [point, nth] of POINTS) await die(dir, ledger, `${point}:${nth + (nth > 1 ? i : 0)}`, `${point}${i}`)
      await dieAtRename(dir, ledger, `rename${i}`)
      say(`${i + 1} of ${times}: ${ledger.ackedItems} acknowledged`)
    }
    return settle(dir, ledger)
  })
  const control = await controls()
  const isExact = result.lost === 0 && result.doubled === 0 && result.foreign === 0
  const deaths = times * (POINTS.length + 1)
  verdict('E2', isExact && control.doubled > 0 && control.lost > 0, { deaths, ...result, control })
}

export default run
