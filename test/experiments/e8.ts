import { ITEMS } from '../bench/ingest/data.ts'
import { closedLoop, liveBodies, offered, RawSender } from '../bench/ingest/offer.ts'
import { quantile, type Side, startSide } from '../bench/ingest/side.ts'
import { numberArgs, say, sleep, verdict } from './kills.ts'
import type { Experiment } from './main.ts'

/** Slower than this is not normal for an accepted request below capacity. */
const NORMAL_MS = 1000
const RSS_LIMIT_MIB = 1536

type Step = {
  goodput: number
  p99Ms: number
  acked: number
  refused: number
  /** Answered neither 200 nor, with a Retry-After of 1 to 3 s, 429 or 503. */
  wrong: number
  rssMib: number
  /** Share of one core that the senders took. */
  senderShare: number
  /** Seconds after which every request was accepted, and fast. */
  normalAfterS: number
}

type Load = { side: Side; sender: RawSender; next: () => Buffer[] }

/** Sends by `drive` and takes down what was answered; goodput counts until all that was acknowledged can be queried. */
async function step(
  load: Load,
  ackedBefore: number,
  drive: (one: () => Promise<number>) => Promise<void>,
): Promise<Step> {
  const { side, sender, next } = load
  const latencies: number[] = []
  const startedMs = performance.now()
  const cpu = process.cpuUsage()
  const result = { acked: 0, refused: 0, wrong: 0, normalAfterS: 0 }
  const one = async () => {
    const { status, ms, retryAfterS } = await sender.post('/v1/traces', next())
    if (status === 200) {
      result.acked += 1
      latencies.push(ms)
    } else {
      const isRefusal = (status === 429 || status === 503) && retryAfterS !== null && retryAfterS >= 1
      if (isRefusal && retryAfterS <= 3) result.refused += 1
      else result.wrong += 1
    }
    if (status !== 200 || ms > NORMAL_MS) result.normalAfterS = (performance.now() - startedMs) / 1000
    return status
  }
  let rssMib = 0
  let driving = true
  const watching = (async () => {
    for (; driving; await sleep(500)) {
      rssMib = Math.max(rssMib, side.rssMib())
    }
  })()
  await drive(one)
  driving = false
  await watching
  const { user, system } = process.cpuUsage(cpu)
  const senderShare = (user + system) / 1000 / (performance.now() - startedMs)
  while ((await stored(side)) < (ackedBefore + result.acked) * ITEMS && performance.now() - startedMs < 600_000)
    await sleep(50)
  const goodput = result.acked / ((performance.now() - startedMs) / 1000)
  return { ...result, goodput, p99Ms: quantile(latencies, 0.99), rssMib, senderShare }
}

const stored = (side: Side) => side.ask<number>({ cmd: 'count', tables: ['otel_traces'] })

const tell = (name: string, s: Step) =>
  say(
    `${name}: goodput ${s.goodput.toFixed(0)} bodies/s, p99 ${s.p99Ms.toFixed(0)} ms, refused ${s.refused}, wrong ${s.wrong}, normal after ${s.normalAfterS.toFixed(1)} s, ${s.rssMib.toFixed(0)} MiB, senders ${s.senderShare.toFixed(2)} of a core`,
  )

/** E8: 1, 2, 5 and 10 times the measured capacity, `seconds` each, then 0.7 times, which must be normal again within 10 s. */
const run: Experiment = async (args) => {
  const { seconds } = numberArgs(args, { seconds: 15 })
  const side = await startSide('ours')
  const load = { side, sender: new RawSender(side.url), next: liveBodies() }
  let acked = 0
  const take = async (name: string, drive: Parameters<typeof step>[2]) => {
    const result = await step(load, acked, drive)
    acked += result.acked
    tell(name, result)
    return result
  }
  const warm = await take('warm-up', (one) => closedLoop(one, Math.min(10, seconds)))
  const capacity = await take('capacity', (one) => closedLoop(one, seconds))
  const steps: Step[] = []
  for (const times of [1, 2, 5, 10])
    steps.push(await take(`${times}x`, (one) => offered(one, capacity.goodput * times, seconds)))
  const after = await take('0.7x after', (one) => offered(one, capacity.goodput * 0.7, Math.max(15, seconds)))
  const lost = acked - Math.floor((await stored(side)) / ITEMS)
  load.sender.close()
  await side.stop()
  const all = [warm, capacity, ...steps, after]
  const peak = Math.max(...[capacity, ...steps].map((s) => s.goodput))
  const share = steps.at(-1)!.goodput / peak
  const worst = (value: (s: Step) => number) => Math.max(...all.map(value))
  const wrong = all.reduce((sum, s) => sum + s.wrong, 0)
  const p99Ms = worst((s) => s.p99Ms)
  const rssMib = worst((s) => s.rssMib)
  const passed =
    share >= 0.8 && wrong === 0 && p99Ms < 2000 && lost <= 0 && rssMib < RSS_LIMIT_MIB && after.normalAfterS < 10
  verdict('E8', passed, {
    peakSpansPerS: Math.round(peak * ITEMS),
    goodputShareAt10x: Number(share.toFixed(2)),
    p99Ms: Math.round(p99Ms),
    wrong,
    lostBodies: lost,
    rssMib: Math.round(rssMib),
    normalAfterS: Number(after.normalAfterS.toFixed(1)),
    senderShareAt10x: Number(steps.at(-1)!.senderShare.toFixed(2)),
  })
}

export default run
