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

/** E2: dies at each named point `times` times (20 for the full figure); then a control without verification must double. */
const run: Experiment = async (args) => {
  const { times } = numberArgs(args, { times: 2 })
  const ledger = new ClientLedger()
  const result = await inFolder('e2', async (dir) => {
    for (let i = 0; i < times; i++) {
      for (const [point, nth] of POINTS) await die(dir, ledger, `${point}:${nth + (nth > 1 ? i : 0)}`, `${point}${i}`)
      say(`${i + 1} of ${times}: ${ledger.ackedItems} acknowledged`)
    }
    return settle(dir, ledger)
  })
  const control = await inFolder('e2-control', async (dir) => {
    const unverified = new ClientLedger()
    await die(dir, unverified, 'after_insert:1', 'control')
    return settle(dir, unverified, { PLUMBLINE_FAILPOINT: 'no_verify' })
  })
  const passed = result.lost === 0 && result.doubled === 0 && result.foreign === 0 && control.doubled > 0
  verdict('E2', passed, { deaths: times * POINTS.length, ...result, controlDoubled: control.doubled })
}

export default run
