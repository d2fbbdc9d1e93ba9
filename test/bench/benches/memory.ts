import { goodput, startLive } from '../ingest/live.ts'
import { closedLoop } from '../ingest/offer.ts'
import type { Bench } from '../main.ts'

const MINUTES = 10
const SAMPLE_MS = 5000
/** Buffers, the engine's caches and the compiler are at their size by then. */
const WARM_SHARE = 0.3

/** Least squares slope of `values` that lie `stepMs` apart, per minute. */
function slopePerMinute(values: number[], stepMs: number): number {
  const middle = (values.length - 1) / 2
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  let above = 0
  let below = 0
  for (const [i, value] of values.entries()) {
    above += (i - middle) * (value - mean)
    below += (i - middle) ** 2
  }
  return (above / below) * (60_000 / stepMs)
}

/** Resident memory of one process with all targets, as many spans as it takes, for ten minutes. */
const run: Bench = async ({ scale, say }) => {
  const live = await startLive()
  const samples: number[] = []
  let acked = 0
  let driving = true
  const watching = (async () => {
    for (; driving; await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS))) {
      samples.push(live.side.rssMib())
      if (samples.length % 12 === 0) say(`  ${(samples.length / 12).toFixed(0)} min: ${samples.at(-1)!.toFixed(0)} MiB`)
    }
  })()
  const one = async () => {
    const { status } = await live.one()
    if (status === 200) acked += 1
    return status
  }
  const drive = async () => {
    await closedLoop(one, MINUTES * 60 * scale)
    driving = false
    await watching
  }
  const perS = await goodput(live, () => acked, drive)
  await live.close()
  const warm = samples.slice(Math.floor(samples.length * WARM_SHARE))
  say(
    `${perS.toFixed(0)} bodies a second for ${MINUTES * scale} minutes: ${Math.max(...samples).toFixed(0)} MiB at most, ${slopePerMinute(warm, SAMPLE_MS).toFixed(1)} MiB a minute after the first ${WARM_SHARE * 100} %`,
  )
}

export default run
