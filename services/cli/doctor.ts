import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { systemClock } from '../../shared/runtime/clock.ts'
import { loadConfig } from '../../shared/runtime/config.ts'
import { dataFolderProblem, nearestFolder } from '../../shared/runtime/folder.ts'
import { packageVersion } from '../../shared/runtime/package.ts'
import type { Config } from '../../shared/runtime/settings.ts'
import { openStore } from '../../shared/store/open.ts'
import type { Status } from './answers.ts'
import { type Client, createClient } from './client.ts'

export type Examined = { what: string; state: 'ok' | 'warn' | 'bad'; detail: string }

const GIB = 1024 ** 3
const LEAST_FREE_BYTES = 2 * GIB
const READ_BACK_MS = 20_000
const MOST_SKEW_MS = 5000

/** Looks at everything that commonly goes wrong; each line says what to do. */
export async function examine(env: Record<string, string | undefined> = process.env): Promise<Examined[]> {
  const found: Examined[] = [node()]
  const config = settings(env, found)
  if (!config) return found
  found.push(await disk(config))
  const client = createClient(env)
  const status = await client.get<Status>('/status').catch((error: Error) => error)
  if (status instanceof Error) {
    found.push({ what: 'plumbline', state: 'warn', detail: status.message })
    found.push(...(await ports(config)))
    found.push(await engine(config))
    return found
  }
  found.push({ what: 'plumbline', state: status.ready ? 'ok' : 'bad', detail: running(client, status) })
  found.push(await clock(client))
  found.push(await readBack(client, status, env))
  return found
}

const running = (client: Client, s: Status) =>
  `${s.version} at ${client.url}, engine ${s.engine}, ${s.services} services${s.ready ? '' : `; not ready: ${s.reasons.join('; ')}`}`

function node(): Examined {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const fits = major > 20 || (major === 20 && minor >= 19)
  return {
    what: 'versions',
    state: fits ? 'ok' : 'bad',
    detail: `plumbline ${packageVersion}, Node ${process.versions.node} on ${process.platform} ${process.arch}${fits ? '' : '; it needs Node 20.19 or newer'}`,
  }
}

function settings(env: Record<string, string | undefined>, found: Examined[]): Config | null {
  try {
    const config = loadConfig(env)
    found.push({ what: 'settings', state: 'ok', detail: `data in ${resolve(config.dataDir)}` })
    return config
  } catch (error) {
    found.push({ what: 'settings', state: 'bad', detail: (error as Error).message })
    return null
  }
}

async function disk(config: Config): Promise<Examined> {
  const problem = dataFolderProblem(config.dataDir)
  if (problem) return { what: 'disk', state: 'bad', detail: problem }
  const folder = nearestFolder(config.dataDir)
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  return {
    what: 'disk',
    state: free < LEAST_FREE_BYTES ? 'warn' : 'ok',
    detail: `${(free / GIB).toFixed(1)} GiB free in ${folder}${free < LEAST_FREE_BYTES ? '; make room or set PLUMBLINE_RETENTION_DAYS lower' : ''}`,
  }
}

function ports(config: Config): Promise<Examined[]> {
  const wanted = [
    { name: 'PLUMBLINE_WEB_PORT', port: config.webPort },
    { name: 'PLUMBLINE_OTLP_HTTP_PORT', port: config.otlpHttpPort },
    { name: 'PLUMBLINE_OTLP_GRPC_PORT', port: config.otlpGrpcPort },
  ]
  return Promise.all(
    wanted.map(async ({ name, port }): Promise<Examined> => {
      const error = await tryPort(config.host, port)
      return error
        ? { what: `port ${port}`, state: 'bad', detail: `cannot be used (${error}): stop what uses it or set ${name}` }
        : { what: `port ${port}`, state: 'ok', detail: 'free' }
    }),
  )
}

const tryPort = (host: string, port: number): Promise<string | null> =>
  new Promise((done) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message))
    server.listen(port, host, () => server.close(() => done(null)))
  })

async function engine(config: Config): Promise<Examined> {
  if (config.clickhouseUrl)
    return { what: 'engine', state: 'ok', detail: `a ClickHouse server at ${new URL(config.clickhouseUrl).host}` }
  try {
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-doctor-'))
    await (await openStore({ ...config, dataDir: folder })).close()
    rmSync(folder, { recursive: true, force: true })
    return { what: 'engine', state: 'ok', detail: 'the embedded engine opens' }
  } catch (error) {
    return {
      what: 'engine',
      state: 'bad',
      detail: `${(error as Error).message}`,
    }
  }
}

async function clock(client: Client): Promise<Examined> {
  const response = await fetch(`${client.url}/healthz`)
  const there = Date.parse(response.headers.get('date') ?? '')
  const skewMs = Math.abs(systemClock.nowMs() - there)
  // The Date header has whole seconds.
  return skewMs > MOST_SKEW_MS
    ? {
        what: 'clock',
        state: 'warn',
        detail: `differs from Plumbline's by ${Math.round(skewMs / 1000)} s: set both by NTP`,
      }
    : { what: 'clock', state: 'ok', detail: "agrees with Plumbline's" }
}

async function readBack(client: Client, status: Status, env: Record<string, string | undefined>): Promise<Examined> {
  const what = 'send and read back'
  if (!status.otlp_http) return { what, state: 'warn', detail: 'this Plumbline receives no OTLP over HTTP' }
  const traceId = randomBytes(16).toString('hex')
  const sent = await fetch(`${status.otlp_http}/v1/traces`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(env.PLUMBLINE_API_KEY && { authorization: `Bearer ${env.PLUMBLINE_API_KEY}` }),
    },
    body: JSON.stringify(spanOf(traceId, systemClock.nowMs())),
  }).catch((error: Error) => error)
  if (sent instanceof Error) return { what, state: 'bad', detail: `cannot reach ${status.otlp_http}: ${sent.message}` }
  if (!sent.ok)
    return {
      what,
      state: 'bad',
      detail: `${status.otlp_http} answered ${sent.status}: ${messageOf(await sent.text())}`,
    }
  const startedMs = systemClock.nowMs()
  while (systemClock.nowMs() - startedMs < READ_BACK_MS) {
    const trace = await client.get<object>(`/traces/${traceId}`).catch(() => null)
    if (trace)
      return {
        what,
        state: 'ok',
        detail: `a span was stored and read after ${((systemClock.nowMs() - startedMs) / 1000).toFixed(1)} s`,
      }
    await systemClock.sleep(250)
  }
  return {
    what,
    state: 'bad',
    detail: `a span was accepted, and could not be read within ${READ_BACK_MS / 1000} s: see Plumbline's log`,
  }
}

/** The sentence of a google.rpc.Status; whatever was answered where it is none. */
function messageOf(text: string): string {
  try {
    return String((JSON.parse(text) as { message: string }).message).slice(0, 200)
  } catch {
    return text.slice(0, 200)
  }
}

/** An inner span without its parent: it is stored, and counts as nobody's request. */
function spanOf(traceId: string, nowMs: number) {
  const nano = String(BigInt(nowMs) * 1_000_000n)
  const span = {
    traceId,
    spanId: randomBytes(8).toString('hex'),
    parentSpanId: randomBytes(8).toString('hex'),
    name: 'doctor',
    kind: 1,
    startTimeUnixNano: nano,
    endTimeUnixNano: nano,
  }
  const attributes = [{ key: 'service.name', value: { stringValue: 'plumbline-doctor' } }]
  return { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: [span] }] }] }
}
