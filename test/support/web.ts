import { Registry } from 'prom-client'
import type { Route } from '../../services/web/route.ts'
import { routes } from '../../services/web/routes.ts'
import { web } from '../../services/web/service.ts'
import { type ManualClock, manualClock } from '../../shared/runtime/clock.ts'
import { loadConfig } from '../../shared/runtime/config.ts'
import { createLog } from '../../shared/runtime/log.ts'
import type { Context } from '../../shared/runtime/service.ts'
import { type Bed, openBed } from './embedded.ts'

export type Called = {
  status: number
  body: Record<string, never> & Record<string, unknown>
  headers: Headers
  text: string
}

export type WebBed = Bed & {
  context: Context
  clock: ManualClock
  url: string
  /** Lines that Plumbline logged at level error. */
  errors: string[]
  /** Calls the API and checks the answer against the schema that the table promises for its status. */
  call(
    method: string,
    path: string,
    o?: { body?: unknown; headers?: Record<string, string>; raw?: string },
  ): Promise<Called>
}

/** The web target alone on a fresh engine and state, at a time that stands still. */
export async function openWeb(
  nowMs: number,
  env: Record<string, string> = {},
  before?: (context: Context) => Promise<void>,
): Promise<WebBed> {
  const bed = await openBed()
  const errors: string[] = []
  const clock = manualClock(nowMs)
  const config = loadConfig(
    { PLUMBLINE_DATA_DIR: bed.dir, PLUMBLINE_WEB_PORT: '0', PLUMBLINE_LOG_LEVEL: 'error', ...env },
    '/nonexistent.yaml',
  )
  const context: Context = {
    ...{ config, clock, store: bed.store, state: bed.state, metrics: new Registry() },
    log: createLog('error', { write: (line) => void errors.push(line) }),
    random: () => 0.5,
    urls: { otlpHttp: 'http://127.0.0.1:4318' },
    readiness: () => ({ ready: true, reasons: [] }),
  }
  await before?.(context)
  const service = web(context)
  await service.start()
  const url = context.urls.web ?? ''
  return {
    ...bed,
    ...{ context, clock, url, errors },
    call: (method, path, o = {}) => call(url, method, path, o),
    close: async () => {
      await service.stop()
      await bed.close()
    },
  }
}

async function call(
  url: string,
  method: string,
  path: string,
  o: { body?: unknown; headers?: Record<string, string>; raw?: string },
): Promise<Called> {
  const body = o.raw ?? (o.body === undefined ? undefined : JSON.stringify(o.body))
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...o.headers },
    ...(body !== undefined && { body }),
    redirect: 'manual',
  })
  const text = await response.text()
  const isJson = (response.headers.get('content-type') ?? '').includes('json')
  const parsed = isJson ? JSON.parse(text) : {}
  promise(method, path, response.status, parsed)
  return { status: response.status, body: parsed, headers: response.headers, text }
}

/** @throws Error where an answer is not what the table says, or says more than it says */
function promise(method: string, path: string, status: number, body: unknown): void {
  const r = routeOf(method, path)
  const schema = r?.answers[status]?.schema
  if (!schema) return
  const read = schema.parse(body)
  if (JSON.stringify(sorted(read)) !== JSON.stringify(sorted(body)))
    throw new Error(`${method} ${path} answers more than its schema: ${JSON.stringify(body).slice(0, 500)}`)
}

const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([k, v]) => [k, sorted(v)]),
        )
      : value

/** The row of the table that answers a call: the one with the fewest variable parts. */
export function routeOf(method: string, path: string): Route | undefined {
  const bare = path.split('?')[0] ?? ''
  const fits = (r: Route) => new RegExp(`^${r.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(bare)
  return routes
    .filter((r) => r.method === method.toLowerCase() && fits(r))
    .sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0]
}
