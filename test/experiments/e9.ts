import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { quantile } from '../bench/ingest/side.ts'
import { startChild } from '../support/child.ts'
import { post as postBody } from '../support/ledger.ts'
import { encodeRequest, requestOf, text } from '../support/otlp.ts'
import { inFolder, numberArgs, say, sleep, verdict } from './kills.ts'
import type { Experiment } from './main.ts'

const MIB = 1024 * 1024
const nano = () => `${Date.now()}000000`

/** Maps in maps, as bytes: KeyValueList of one KeyValue of one AnyValue, from the inside out. */
function nested(depth: number): Buffer {
  const wrap = (tag: number, inner: Buffer) => {
    const length: number[] = []
    let rest = inner.length
    for (; rest > 127; rest >>>= 7) length.push((rest & 127) | 128)
    return Buffer.concat([Buffer.of(tag, ...length, rest), inner])
  }
  let value = Buffer.of(0x10, 1)
  for (let i = 0; i < depth; i++) value = wrap(0x32, wrap(0x0a, wrap(0x12, value)))
  const record = wrap(0x2a, value)
  return wrap(0x0a, wrap(0x12, wrap(0x12, record)))
}

function series(count: number): Buffer {
  const dataPoints = Array.from({ length: count }, (_, i) => ({
    timeUnixNano: nano(),
    asInt: i,
    attributes: [text('id', String(i))],
  }))
  return encodeRequest('metrics', {
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'bomb', gauge: { dataPoints } }] }] }],
  })
}

function manyAttributes(count: number): Buffer {
  const attributes = Array.from({ length: count }, (_, i) => text(`key-${i}`, 'v'))
  return encodeRequest('logs', {
    resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: nano(), attributes }] }] }],
  })
}

/** Sockets that send a byte now and then and never end. */
function slowSenders(url: string, count: number): () => void {
  const { hostname, port } = new URL(url)
  const sockets = Array.from({ length: count }, () => {
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    socket.write(
      'POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: 1000000\r\n\r\n',
    )
    return socket
  })
  const drip = setInterval(() => {
    for (const socket of sockets) socket.write('\n')
  }, 200)
  return () => {
    clearInterval(drip)
    for (const socket of sockets) socket.destroy()
  }
}

/** E9: bombs of every kind, while a well-behaved sender goes on. */
const run: Experiment = async (args) => {
  numberArgs(args, {})
  await inFolder('e9', async (dir) => {
    const child = await startChild(dir)
    const { otlpHttp } = child.urls
    const rssMib = () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.process.pid}/status`, 'utf8'))?.[1]) / 1024
    const good = async (n: number) => {
      const latencies: number[] = []
      for (let i = 0; i < n; i++) {
        const body = encodeRequest('logs', requestOf('logs', [`good-${Math.random()}`], Date.now()))
        const startedMs = performance.now()
        if ((await postBody(`${otlpHttp}/v1/logs`, body)) === 200) latencies.push(performance.now() - startedMs)
        await sleep(10)
      }
      return latencies
    }
    await good(100)
    const calm = await good(200)
    const before = rssMib()
    const endSlow = slowSenders(otlpHttp, 50)
    let neighbours: number[] = []
    const watching = good(300).then((latencies) => {
      neighbours = latencies
    })
    const bomb = gzipSync(Buffer.alloc(100 * MIB))
    const gzip = { 'content-encoding': 'gzip' }
    const cases: [string, number[], () => Promise<number>][] = [
      ['gzip bomb', [413], () => postBody(`${otlpHttp}/v1/traces`, bomb, gzip)],
      ['depth 64', [200], () => postBody(`${otlpHttp}/v1/logs`, nested(64))],
      ['depth 20,000', [400], () => postBody(`${otlpHttp}/v1/logs`, nested(20_000))],
      [
        'JSON depth 100,000',
        [400],
        () => postBody(`${otlpHttp}/v1/logs`, Buffer.from('['.repeat(100_000)), { 'content-type': 'application/json' }),
      ],
      ['10,000 attributes', [200, 400], () => postBody(`${otlpHttp}/v1/logs`, manyAttributes(10_000))],
      ['10,000 series', [200], () => postBody(`${otlpHttp}/v1/metrics`, series(10_000))],
      ['1,000,000 series', [200, 400, 413], () => postBody(`${otlpHttp}/v1/metrics`, series(1_000_000))],
    ]
    const answers: Record<string, number> = {}
    let wrong = 0
    let peakMib = 0
    for (const [name, expected, ask] of cases) {
      const asking = ask()
      let done = false
      void asking.then(() => {
        done = true
      })
      while (!done) {
        peakMib = Math.max(peakMib, rssMib())
        await sleep(10)
      }
      answers[name] = await asking
      if (!expected.includes(answers[name])) wrong += 1
      say(`${name}: ${answers[name]}, ${rssMib().toFixed(0)} MiB`)
    }
    await watching
    endSlow()
    const growthMib = Math.round(peakMib - before)
    const calmMs = quantile(calm, 0.99)
    const neighbourMs = quantile(neighbours, 0.99)
    await child.stop()
    verdict('E9', wrong === 0 && growthMib < 150, {
      answers,
      growthMib,
      calmP99Ms: Math.round(calmMs),
      neighbourP99Ms: Math.round(neighbourMs),
    })
  })
}

export default run
