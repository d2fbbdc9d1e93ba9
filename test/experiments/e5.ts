import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import { startChild } from '../support/child.ts'
import { signals } from '../support/ledger.ts'
import { encodeRequest, requestOf, type SignalName } from '../support/otlp.ts'
import { seeded } from '../support/random.ts'
import { decodeStatus, send, statusOf } from '../support/raw-http.ts'
import { inFolder, numberArgs, say, verdict } from './kills.ts'
import type { Experiment } from './main.ts'

type Seed = { signal: SignalName; type: string; bytes: Buffer }
type Random = () => number

const signalIn = (name: string): SignalName => signals.find((s) => name.includes(s.slice(0, -1))) ?? 'traces'

/** The golden requests, and one of each signal by the oracle. */
function corpus(): Seed[] {
  const folder = 'test/golden/otlp'
  const files = readdirSync(folder, { recursive: true }).map(String)
  const golden = files
    .filter((file) => statSync(join(folder, file)).isFile() && /(?<!golden)\.(json|bin|pb)$/.test(file))
    .map((file) => ({
      signal: signalIn(file),
      type: file.endsWith('.json') ? 'application/json' : 'application/x-protobuf',
      bytes: readFileSync(join(folder, file)),
    }))
  const made = signals.flatMap((signal) => {
    const request = requestOf(signal, ['a', 'b', 'c'], Date.now())
    return [
      { signal, type: 'application/x-protobuf', bytes: encodeRequest(signal, request) },
      { signal, type: 'application/json', bytes: Buffer.from(JSON.stringify(request)) },
    ]
  })
  return [...golden, ...made]
}

/** Bit flips, splices, cuts, repeats and lies about lengths, one to four in a row. */
function mutate(bytes: Buffer, other: Buffer, random: Random): Buffer {
  let out = Buffer.from(bytes)
  const at = (length: number) => Math.floor(random() * Math.max(1, length))
  for (let n = random() < 0.6 ? 1 : 1 + at(4); n > 0; n--) {
    const kind = at(6)
    const i = at(out.length)
    if (kind === 0 && out.length > 0) out[i] = out[i]! ^ (1 << at(8))
    else if (kind === 1)
      out = Buffer.concat([out.subarray(0, i), other.subarray(at(other.length)), out.subarray(at(out.length))])
    else if (kind === 2) out = out.subarray(0, i)
    else if (kind === 3) out = Buffer.concat([out.subarray(0, i), out.subarray(i, i + 64), out.subarray(i)])
    else if (kind === 4 && out.length > 0) out[i] = [0x7f, 0x80, 0xff, 0][at(4)]!
    else if (out.length > 4) out.writeUInt32LE(at(2 ** 32), at(out.length - 4))
  }
  return out.subarray(0, 100_000)
}

const PATHS: Record<SignalName, string> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
}

/** E5: mutants of the golden corpus by HTTP and gRPC (`mutants` 200,000 for the full figure). */
const run: Experiment = async (args) => {
  const { mutants, seed } = numberArgs(args, { mutants: 10_000, seed: 5 })
  const seeds = corpus()
  const counts: Record<string, number> = {}
  let badAnswers = 0
  const count = (key: string) => {
    counts[key] = (counts[key] ?? 0) + 1
  }
  await inFolder('e5', async (dir) => {
    const child = await startChild(dir)
    let crashed = false
    child.process.once('exit', () => {
      crashed = true
    })
    const grpc = new Client(child.urls.otlpGrpc.replace('http://', ''), credentials.createInsecure())
    const rss = () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.process.pid}/status`, 'utf8'))?.[1]) / 1024
    const asIs = (value: Buffer) => value
    const byGrpc = (signal: SignalName, body: Buffer) =>
      new Promise<void>((resolve) => {
        grpc.makeUnaryRequest(PATHS[signal], asIs, asIs, body, new Metadata(), (error: ServiceError | null) => {
          count(`grpc ${error?.code ?? 0}`)
          const detail = error?.metadata.get('grpc-status-details-bin')[0]
          if (
            error &&
            (![3, 8, 14].includes(error.code) || !detail || decodeStatus(detail as Buffer).code !== error.code)
          )
            badAnswers += 1
          resolve()
        })
      })
    const byHttp = async (seedOf: Seed, body: Buffer, random: Random) => {
      const gzip = random() < 0.3
      const zipped = gzip ? gzipSync(body) : body
      const bytes = gzip && random() < 0.5 ? mutate(zipped, body, random) : zipped
      const headers = { 'content-type': seedOf.type, ...(gzip && { 'content-encoding': 'gzip' }) }
      const answer = await send(`${child.urls.otlpHttp}/v1/${seedOf.signal}`, { headers, body: bytes })
      count(`http ${answer.status}`)
      if (answer.status === 200) return
      const isRight = answer.headers['content-type'] === seedOf.type && statusOf(answer).message !== ''
      if (!isRight || (answer.status >= 500 && answer.status !== 503)) badAnswers += 1
    }
    const sender = async (n: number, part: number) => {
      const random = seeded(seed * 1000 + part * 100 + n)
      const pick = () => seeds[Math.floor(random() * seeds.length)]!
      for (let i = 0; i < mutants / 16 && !crashed; i++) {
        const from = pick()
        const body = mutate(from.bytes, pick().bytes, random)
        if (from.type === 'application/x-protobuf' && random() < 0.3) await byGrpc(from.signal, body)
        else await byHttp(from, body, random)
      }
    }
    const half = async (part: number) => {
      await Promise.all(Array.from({ length: 8 }, (_, n) => sender(n, part)))
    }
    await half(1)
    const warmMib = rss()
    say(`first half: ${JSON.stringify(counts)}, ${warmMib.toFixed(0)} MiB`)
    await half(2)
    const driftMib = rss() - warmMib
    grpc.close()
    const died = crashed
    const code = died ? null : await child.stop()
    const passed = !died && code === 0 && badAnswers === 0 && driftMib < 50
    verdict('E5', passed, {
      mutants,
      seeds: seeds.length,
      crashed: died,
      badAnswers,
      ...counts,
      driftMib: Math.round(driftMib),
      complaints: child.complaints.length,
    })
  })
}

export default run
