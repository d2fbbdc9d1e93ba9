import { bodyOf, ITEMS } from '../bench/ingest/data.ts'
import { post, quantile, type Side, startSide, type Usage } from '../bench/ingest/side.ts'
import { numberArgs, say, sleep, verdict } from './kills.ts'
import type { Experiment } from './main.ts'

const BODIES = 64
/** Requests of one step that may be under way at once: what a machine of this size can hold open. */
const MAX_OPEN = 400

type Step = { goodput: number; p99Ms: number; refused: number; wrong: number; noRetryAfter: number; acked: number }

/** Bodies that differ in one trace id each time, so that none is taken for a re-send. */
function bodies() {
  const made = Array.from({ length: BODIES }, (_, n) => {
    const body = bodyOf('traces', n, Date.now())
    return { body, at: body.indexOf(Buffer.of(0x0a, 0x10)) + 2 }
  })
  let serial = 0
  return () => {
    const { body, at } = made[serial % BODIES]!
    const copy = Buffer.from(body)
    copy.writeUInt32LE(++serial, at)
    return copy
  }
}

/** Offers `perSecond` bodies a second for `seconds`, whatever the answers are. */
async function offer(url: string, next: () => Buffer, perSecond: number, seconds: number): Promise<Step> {
  const step: Step = { goodput: 0, p99Ms: 0, refused: 0, wrong: 0, noRetryAfter: 0, acked: 0 }
  const latencies: number[] = []
  const open = new Set<Promise<void>>()
  const startedMs = performance.now()
  const one = async () => {
    try {
      const { status, ms, retryAfter } = await post(`${url}/v1/traces`, next())
      if (status === 200) {
        step.acked += 1
        latencies.push(ms)
      } else if (status === 429 || status === 503) {
        step.refused += 1
        if (retryAfter === null || retryAfter < 1 || retryAfter > 3) step.noRetryAfter += 1
      } else step.wrong += 1
    } catch {
      step.refused += 1
    }
  }
  for (let sent = 0; performance.now() - startedMs < seconds * 1000; ) {
    const due = Math.floor(((performance.now() - startedMs) / 1000) * perSecond)
    while (sent < due && open.size < MAX_OPEN) {
      sent += 1
      const call = one().then(() => void open.delete(call))
      open.add(call)
    }
    sent = due
    await sleep(2)
  }
  await Promise.all(open)
  step.goodput = step.acked / ((performance.now() - startedMs) / 1000)
  step.p99Ms = quantile(latencies, 0.99)
  return step
}

const stored = (side: Side) => side.ask<number>({ cmd: 'count', tables: ['otel_traces'] })

/** Waits until all acknowledged bodies can be queried, and counts goodput over that time too: the log is no capacity. */
async function settled(side: Side, step: Step, startedMs: number, acked: number): Promise<Step> {
  for (let i = 0; i < 1200 && (await stored(side)) < acked * ITEMS; i++) await sleep(50)
  return { ...step, goodput: step.acked / ((performance.now() - startedMs) / 1000) }
}

/** E8: 1, 2, 5 and 10 times the measured capacity, `seconds` each, then 1 again. */
const run: Experiment = async (args) => {
  const { seconds } = numberArgs(args, { seconds: 10 })
  const side = await startSide('ours')
  const next = bodies()
  const warm = await offer(side.url, next, 50, 5)
  await settled(side, warm, performance.now(), warm.acked)
  const fullMs = performance.now()
  const burst = await offer(side.url, next, 10_000, seconds)
  let acked = warm.acked + burst.acked
  const full = await settled(side, burst, fullMs, acked)
  const peak = full.goodput
  say(
    `capacity: ${peak.toFixed(0)} bodies a second (${(peak * ITEMS).toFixed(0)} spans), p99 ${full.p99Ms.toFixed(0)} ms`,
  )
  const steps: Record<string, Step> = {}
  let rssMib = 0
  for (const times of [1, 2, 5, 10, 1]) {
    const name = steps[`${times}x`] ? `${times}x again` : `${times}x`
    const startedMs = performance.now()
    const offered = await offer(side.url, next, peak * times * (times === 1 ? 0.8 : 1), seconds)
    acked += offered.acked
    const step = await settled(side, offered, startedMs, acked)
    steps[name] = step
    rssMib = Math.max(rssMib, (await side.ask<Usage>({ cmd: 'usage' })).rssBytes / 2 ** 20)
    say(
      `${name}: goodput ${step.goodput.toFixed(0)}, p99 ${step.p99Ms.toFixed(0)} ms, refused ${step.refused}, wrong ${step.wrong}, ${rssMib.toFixed(0)} MiB`,
    )
  }
  for (let i = 0; i < 600 && (await stored(side)) < acked * ITEMS; i++) await sleep(100)
  const lost = acked - Math.floor((await stored(side)) / ITEMS)
  await side.stop()
  const all = Object.values(steps)
  const share = steps['10x']!.goodput / peak
  const wrong = all.reduce((sum, s) => sum + s.wrong + s.noRetryAfter, 0)
  const p99Ms = Math.max(...all.map((s) => s.p99Ms))
  const passed = share >= 0.8 && wrong === 0 && p99Ms < 2000 && lost <= 0
  verdict('E8', passed, {
    peakSpansPerS: Math.round(peak * ITEMS),
    goodputShareAt10x: Number(share.toFixed(2)),
    p99Ms: Math.round(p99Ms),
    wrong,
    lostBodies: lost,
    rssMib: Math.round(rssMib),
  })
}

export default run
