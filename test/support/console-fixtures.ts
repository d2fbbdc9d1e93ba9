/** Serves the built console with believable documents: for browser tests of the console alone, without an engine. */
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import type { Request, Response } from 'express'
import { previewOf } from '../../services/web/api/redaction.ts'
import type { Channel, Incident, Silence } from '../../services/web/api/schemas.ts'
import { securityHeaders } from '../../services/web/guard.ts'
import { loadConfig } from '../../shared/runtime/config.ts'
import { channelOf, deliveryOf, incident, resolved, silence, status } from './console-alerting.ts'
import { compareOf } from './console-compare.ts'
import { integrationsOf } from './console-integrations.ts'
import { valuesOf } from './console-pattern-values.ts'
import { detailOf, logs, patterns, seriesOf } from './console-telemetry.ts'
import { baselineOf, cardinalityOf, settingsOf, systemOf, traceItems, traceOf } from './console-traces.ts'
import { anomalies, serviceRow, verdictOf } from './console-verdicts.ts'
import { at, deploys, shapes } from './console-world.ts'

/** The headers of the web target: the console has to live with its policy. */
const secured = securityHeaders(loadConfig({}, 'absent.yaml'))

const root = join(import.meta.dirname, '../../dist/console')
const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

const page = <T>(items: T[]) => ({ items, next: null })

type World = {
  empty: boolean
  channels: Channel[]
  silences: Silence[]
  incident: Incident
  hostile: string | null
  written: { method: string; path: string; body: unknown }[]
}

const keys = [
  {
    id: 'key_1',
    name: 'collector',
    prefix: 'plb_7Hq2',
    scopes: ['ingest'],
    created_at: at(20_000),
    last_used_at: at(3),
    revoked_at: null,
  },
  {
    id: 'key_3',
    name: 'ci',
    prefix: 'plb_Zk81',
    scopes: ['deploy', 'read'],
    created_at: at(40_000),
    last_used_at: at(34),
    revoked_at: null,
  },
  {
    id: 'key_4',
    name: 'laptop',
    prefix: 'plb_m0Qe',
    scopes: ['admin'],
    created_at: at(90_000),
    last_used_at: null,
    revoked_at: at(50_000),
  },
]

function lists(path: string, query: URLSearchParams, world: World): unknown {
  const wanted = (name: string, value: string) => !query.get(name) || query.get(name) === value
  const inWindow = (time: string) => !query.get('from') || (time >= query.get('from')! && time <= query.get('to')!)
  const services = world.empty ? [] : shapes.map(serviceRow).filter((row) => wanted('environment', row.environment))
  const table: Record<string, () => unknown> = {
    '/services': () => page(services),
    '/deploys': () =>
      page(
        world.empty ? [] : deploys.filter((deploy) => wanted('service', deploy.service) && inWindow(deploy.started_at)),
      ),
    '/anomalies': () =>
      page(
        world.empty
          ? []
          : anomalies.filter(
              (each) =>
                wanted('service', each.service) &&
                wanted('deploy', each.deploy?.id ?? '') &&
                wanted('state', each.state),
            ),
      ),
    '/incidents': () =>
      page(world.empty ? [] : [world.incident, resolved].filter((each) => wanted('state', each.state))),
    '/deliveries': () =>
      page(
        world.empty
          ? []
          : [
              deliveryOf('del_1', 'firing', 'delivered', 1, 200),
              deliveryOf('del_2', 'firing', 'pending', 3, 503),
              deliveryOf('del_3', 'resolved', 'dead', 8, null),
            ],
      ),
    '/channels': () => page(world.channels),
    '/silences': () => page(world.silences),
    '/keys': () => page(keys),
    '/traces': () =>
      page(world.empty ? [] : traceItems().filter((item) => wanted('exception', item.exception_type ?? ''))),
    '/logs': () => page(world.empty ? [] : logs()),
    '/status': () => status(world.empty),
    '/integrations': () => integrationsOf(world.empty, world.channels),
    '/system': systemOf,
    '/system/cardinality': cardinalityOf,
    '/system/settings': settingsOf,
    '/session': () => ({ auth: false, signed_in: false, name: null, scopes: ['ingest', 'read', 'deploy', 'admin'] }),
  }
  return table[path]?.()
}

function single(path: string, query: URLSearchParams, world: World): unknown {
  const [, kind, rawId = '', ...rest] = path.split('/')
  const id = decodeURIComponent(rawId)
  const tail = rest.join('/')
  const deploy = kind === 'deploys' ? deploys.find((each) => each.id === id) : undefined
  if (deploy && tail === '') return deploy
  if (deploy && tail === 'verdict') return verdictOf(deploy)
  if (deploy && tail === 'compare') return compareOf(id, query.get('with') ?? '', query.get('baseline'))
  if (kind === 'services' && tail === '') return detailOf(id)
  if (kind === 'services' && tail === 'series') return seriesOf(id, query)
  const ofPattern = /^logs\/patterns\/(.+)\/values$/.exec(tail)?.[1]
  if (kind === 'services' && ofPattern) return valuesOf(id, ofPattern, query.get('split'))
  if (kind === 'services' && tail === 'logs/patterns') return page(patterns(id))
  if (kind === 'anomalies') return anomalies.find((each) => each.id === id)
  if (kind === 'incidents') return [world.incident, resolved].find((each) => each.id === id)
  if (kind === 'traces') return tail === 'baseline' ? baselineOf(id) : traceOf(id)
  return undefined
}

function write(method: string, path: string, body: Record<string, unknown>, world: World): unknown {
  world.written.push({ method, path, body })
  if (path.endsWith('/ack')) {
    world.incident = { ...world.incident, acknowledged_at: at(0), acknowledged_by: String(body.by ?? 'console') }
    return world.incident
  }
  if (path === '/channels') {
    const made = {
      ...channelOf(`cha_${world.channels.length + 1}`, String(body.name), body.kind as Channel['kind'], true),
      url: String(body.url),
    }
    world.channels = [...world.channels, made]
    return { ...made, generated_secret: 'whsec_c2VjcmV0LW9mLXRoZS1jb25zb2xlLXRlc3Q=' }
  }
  if (path.endsWith('/test') || path.endsWith('/replay')) return deliveryOf('del_9', 'test', 'delivered', 1, 200)
  if (path === '/redaction/preview') return previewOf(String(body.text), String(body.attribute ?? ''))
  if (path === '/silences')
    world.silences = [...world.silences, { ...silence, id: 'sil_2', ...(body as Partial<Silence>) }]
  if (path === '/keys') return { ...keys[0], id: 'key_2', name: body.name, scopes: body.scopes, key: 'plb_shown-once' }
  return {}
}

/** Puts a hostile text wherever a document holds a free text. */
function poison(value: unknown, text: string, name = ''): unknown {
  if (Array.isArray(value)) return value.map((each) => poison(each, text, name))
  if (value && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, poison(each, text, key)]))
  const free = [
    'message',
    'title',
    'reason',
    'dimension',
    'body',
    'template',
    'sample',
    'name',
    'url',
    'repository',
    'actor',
    'author',
    'comment',
    'route',
    'peer',
    'type',
    'wording',
    'method',
    'version',
    'last_error',
  ]
  return typeof value === 'string' && free.includes(name) ? text : value
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text ? (JSON.parse(text) as Record<string, unknown>) : {}
}

function sendFile(response: ServerResponse, path: string): void {
  const file = normalize(join(root, path))
  const found = file.startsWith(root) && extname(file) && existsSync(file) ? file : join(root, 'index.html')
  response.writeHead(200, {
    'content-type': types[extname(found)] ?? 'application/octet-stream',
  })
  response.end(readFileSync(found))
}

async function answer(request: IncomingMessage, response: ServerResponse, world: World): Promise<void> {
  secured(request as Request, response as Response, () => {})
  const url = new URL(request.url ?? '/', 'http://fixture')
  if (!url.pathname.startsWith('/api/v1')) return sendFile(response, url.pathname)
  const path = url.pathname.slice('/api/v1'.length)
  const method = request.method ?? 'GET'
  const found =
    method === 'GET'
      ? (lists(path, url.searchParams, world) ?? single(path, url.searchParams, world))
      : write(method, path, await bodyOf(request), world)
  response.writeHead(found ? 200 : 404, { 'content-type': found ? 'application/json' : 'application/problem+json' })
  const safe = found && world.hostile ? poison(found, world.hostile) : found
  response.end(
    JSON.stringify(safe ?? { type: 'about:blank', title: 'There is no such thing here', status: 404, detail: '' }),
  )
}

export type ConsoleFixture = { url: string; world: World; close: () => Promise<void> }

/** Starts the fixture on a free port. Needs dist/console: `vite build services/web/console`. */
export async function startConsoleFixture(port = 0): Promise<ConsoleFixture> {
  const world: World = {
    empty: false,
    channels: [channelOf('cha_1', 'on-call webhook', 'webhook', true), channelOf('cha_2', 'team room', 'slack', false)],
    silences: [silence],
    incident,
    hostile: null,
    written: [],
  }
  const server: Server = createServer((request, response) => {
    answer(request, response, world).catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${bound}`,
    world,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections()
        server.close(() => done())
      }),
  }
}
