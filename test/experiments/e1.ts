import { BUILT, startChild } from '../support/child.ts'
import { ClientLedger } from '../support/ledger.ts'
import { seeded } from '../support/random.ts'
import { inFolder, load, numberArgs, say, settle, sleep, verdict } from './kills.ts'
import type { Experiment } from './main.ts'

/**
 * E1: kill -9 of the built product, all targets, at random 5 to 400 ms under load, `rounds` times (500 for the full figure);
 * re-sends; acknowledged = stored.
 */
const run: Experiment = async (args) => {
  const { rounds, seed } = numberArgs(args, { rounds: 40, seed: 1 })
  const random = seeded(seed)
  const ledger = new ClientLedger()
  await inFolder('e1', async (dir) => {
    let worstReadyMs = 0
    let worstOpenMs = 0
    for (let round = 0; round < rounds; round++) {
      const child = await startChild(dir, {}, BUILT)
      worstReadyMs = Math.max(worstReadyMs, child.readyMs)
      worstOpenMs = Math.max(worstOpenMs, child.openMs)
      let stopped = false
      const options = { senders: 4, items: 10, run: `r${round}`, stopped: () => stopped, pauseMs: 10 }
      const loading = load(ledger, child.urls.otlpHttp, options)
      await sleep(5 + random() * 395)
      await child.kill()
      stopped = true
      await loading
      if (round % 20 === 19)
        say(`round ${round + 1}: ${ledger.ackedItems} acknowledged, worst ready ${worstReadyMs.toFixed(0)} ms`)
    }
    const result = await settle(dir, ledger)
    const passed = result.lost === 0 && result.doubled === 0 && result.foreign === 0 && worstReadyMs < 5000
    verdict('E1', passed, { kills: rounds, ...result, worstReadyMs: Math.round(worstReadyMs), worstOpenMs })
  })
}

export default run
