import { openIngest } from '../support/ingest.ts'
import { post } from '../support/ledger.ts'
import { encodeRequest, requestOf } from '../support/otlp.ts'
import { numberArgs, say, sleep, verdict } from './kills.ts'
import type { Experiment } from './main.ts'

/** E10: the engine refuses all inserts for `seconds` under load, then heals; and a batch with one poison row. */
const run: Experiment = async (args) => {
  const { seconds, mib } = numberArgs(args, { seconds: 20, mib: 64 })
  let isDown = false
  const bed = await openIngest({
    env: { PLUMBLINE_INGEST_LOG_MIB: String(mib) },
    wrap: (store) => ({
      ...store,
      insertNative: async (block) => {
        if (isDown) throw new Error('Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space')
        await store.insertNative(block)
      },
    }),
  })
  const answers: Record<number, number> = {}
  const acked: string[] = []
  const sendOne = async (i: number) => {
    const id = `down-${i}`
    const body = encodeRequest('logs', requestOf('logs', [id, 'x'.repeat(100_000)], Date.now()))
    const status = await post(`${bed.http}/v1/logs`, body)
    answers[status] = (answers[status] ?? 0) + 1
    if (status === 200) acked.push(id)
    else await sleep(50)
    return status
  }
  isDown = true
  const startedMs = performance.now()
  let firstRefusalMs = 0
  for (let i = 0; performance.now() - startedMs < seconds * 1000; i++) {
    if ((await sendOne(i)) !== 200 && firstRefusalMs === 0) firstRefusalMs = performance.now() - startedMs
  }
  const outageMs = performance.now() - startedMs
  say(
    `outage: ${JSON.stringify(answers)}, first refusal after ${firstRefusalMs.toFixed(0)} ms, log ${((await bed.metric('log_bytes')) / 2 ** 20).toFixed(0)} MiB`,
  )
  isDown = false
  const healedMs = performance.now()
  const count = async () =>
    Number(
      (await bed.store.rows<{ n: string }>("SELECT uniqExact(Body) AS n FROM otel_logs WHERE Body LIKE 'down-%'"))[0]
        ?.n,
    )
  while ((await count()) < acked.length && performance.now() - healedMs < 2 * outageMs + 30_000) await sleep(100)
  const drainMs = performance.now() - healedMs
  const [rows] = await bed.store.rows<{ n: string }>("SELECT count() AS n FROM otel_logs WHERE Body LIKE 'down-%'")
  await bed.store.exec("ALTER TABLE otel_logs ADD CONSTRAINT poison CHECK Body != 'poison'")
  const ids = Array.from({ length: 100 }, (_, i) => (i === 50 ? 'poison' : `neighbour-${i}`))
  await post(`${bed.http}/v1/logs`, encodeRequest('logs', requestOf('logs', ids, Date.now())))
  await bed.rows('SELECT 1 FROM dead_rows', 1)
  const [dead] = await bed.store.rows<{ n: string }>('SELECT sum(rows) AS n FROM dead_rows')
  const [kept] = await bed.store.rows<{ n: string }>("SELECT count() AS n FROM otel_logs WHERE Body LIKE 'neighbour-%'")
  const lost = acked.length - (await count())
  const onlyThese = Object.keys(answers).every((status) => ['200', '503'].includes(status))
  const passed =
    lost === 0 &&
    rows?.n === String(acked.length) &&
    onlyThese &&
    drainMs < 2 * outageMs &&
    dead?.n === '1' &&
    kept?.n === '99'
  await bed.close()
  verdict('E10', passed, {
    acked: acked.length,
    lost,
    stored: rows?.n,
    answers,
    outageMs: Math.round(outageMs),
    drainMs: Math.round(drainMs),
    deadRows: dead?.n,
    neighboursKept: kept?.n,
  })
}

export default run
