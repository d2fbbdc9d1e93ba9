import { encodeRequest, requestOf } from '../../support/otlp.ts'
import { goodput, type LiveSide, startLive } from '../ingest/live.ts'
import { closedLoop, offered } from '../ingest/offer.ts'
import { quantile } from '../ingest/side.ts'
import type { Bench } from '../main.ts'

const SECONDS = 60
const PROBE_EVERY_MS = 100
const POLL_EVERY_MS = 20
const PROBE = 'probe-'

/** Requests that were told to come again, by what they were told. */
type Refused = Map<string, number>
const count = (refused: Refused, reason: string) => refused.set(reason, (refused.get(reason) ?? 0) + 1)

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/**
 * Sends a log record of its own every 100 ms and watches when it can be queried: it goes through the same log and the same queue
 * of inserts as the spans, and no other record makes the question dear. @returns ms from sending to the first answer that has it
 */
async function probe(live: LiveSide, refused: Refused, driving: () => boolean): Promise<number[]> {
  const sentMs: number[] = []
  const seenMs: number[] = []
  const sending = (async () => {
    for (let n = 0; driving(); n++) {
      const body = encodeRequest('logs', requestOf('logs', [`${PROBE}${n}`], Date.now()))
      const atMs = performance.now()
      const { status, reason } = await live.sender.post('/v1/logs', [body])
      if (status === 200) sentMs.push(atMs)
      else if (status === 429 || status === 503) count(refused, `a probe: ${reason}`)
      else throw new Error(`a probe was answered ${reason}`)
      await sleep(PROBE_EVERY_MS)
    }
  })()
  const sql = `SELECT count() AS n FROM otel_logs WHERE startsWith(Body, '${PROBE}')`
  while (driving() || seenMs.length < sentMs.length) {
    const [row] = await live.side.ask<{ n: string }[]>({ cmd: 'query', sql })
    while (seenMs.length < Number(row?.n)) seenMs.push(performance.now())
    await sleep(POLL_EVERY_MS)
  }
  await sending
  return seenMs.map((seen, n) => seen - sentMs[n]!)
}

/** At half of the capacity, how long until a body is answered, and until it can be queried. */
const run: Bench = async ({ scale, say }) => {
  const live = await startLive()
  let acked = 0
  const answersMs: number[] = []
  const refused: Refused = new Map()
  const one = async () => {
    const { status, ms, reason } = await live.one()
    if (status === 200) {
      acked += 1
      answersMs.push(ms)
    } else count(refused, reason)
    return status
  }
  const capacity = await goodput(
    live,
    () => acked,
    () => closedLoop(one, 15),
  )
  answersMs.length = 0
  refused.clear()
  const before = acked
  let driving = true
  const probing = probe(live, refused, () => driving)
  await offered(one, capacity / 2, SECONDS * scale)
  driving = false
  const visibleMs = await probing
  await live.close()
  say(
    `capacity ${capacity.toFixed(0)} bodies a second; at half of it, ${acked - before} bodies in ${SECONDS * scale} s:`,
  )
  const line = (what: string, values: number[]) =>
    say(
      `  ${what}: p50 ${quantile(values, 0.5).toFixed(1)}, p99 ${quantile(values, 0.99).toFixed(1)}, most ${Math.max(...values).toFixed(1)} ms`,
    )
  line('200 answered', answersMs)
  line('received to queryable', visibleMs)
  for (const [reason, times] of refused) say(`  refused ${times} times: ${reason}`)
}

export default run
