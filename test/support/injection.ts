import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { z } from 'zod'
import type { Tool } from '../../services/web/mcp/tool.ts'
import { tools } from '../../services/web/mcp/tools.ts'
import type { Route } from '../../services/web/route.ts'
import { routes } from '../../services/web/routes.ts'
import type { Scope } from '../../shared/model/alert.ts'
import { createKey, revokeKey } from '../../shared/state/keys.ts'
import { hostileTexts, type Lures, MARK } from './hostile.ts'
import { seeded } from './random.ts'
import { openWeb, type WebBed } from './web.ts'
import { at, fillDeploys, fillTelemetry, fillTrace, T0 } from './web-data.ts'

export type InjectionReport = {
  queries: number
  /** How many answered 2xx: the rest were refused before they reached a table. */
  answered: number
  /** Calls of tools of /mcp that were answered with something else than a refusal. */
  toolsAnswered: number
  scopeChecks: number
  scopePassed: string[]
  engineReads: number
  engineErrors: string[]
  /** SQL whose own text, not its values, holds what a caller sent. */
  textInSql: number
  failures: string[]
  tablesChanged: string[]
  filesTouched: string[]
  urlHits: number
  secretsShown: number
}

const CANARY = 'canary-9d1f4c'
const TABLES = ['otel_traces', 'otel_logs', 'rollup_routes', 'verdicts', 'anomalies', 'deploys']
type Who = Scope | 'none' | 'revoked'

/** Valid values by field, so that a hostile one beside them gets as far as it can. */
const VALID: Record<string, unknown> = {
  ...{ service: 'checkout', environment: 'production', version: 'v2', commit: 'bbbbbbbbbbbb', route: 'GET /pay' },
  ...{ from: at(0), to: at(120), started_at: at(60), ends_at: at(600), limit: '10', step_s: '60', quantile: '0.95' },
  ...{ signal: 'error_ratio', level: 'error', kind: 'deploy', failed: 'true', harmful: 'true', active: 'true' },
  ...{ strict: 'true', min_ms: '5', by: 'version', state: 'open', severity: 'warning', q: 'failed', name: 'n' },
  ...{
    matchers: { service: 'checkout' },
    scopes: ['read'],
    key: 'plb_x',
    note: 'n',
    metric: 'm',
    trace_id: 'a'.repeat(32),
  },
}

type Shape = Record<string, z.ZodType>
const fieldsOf = (schema: z.ZodType | undefined) => Object.keys((schema as unknown as { shape?: Shape })?.shape ?? {})
const isNeeded = (schema: z.ZodType | undefined, name: string) =>
  (schema as unknown as { shape: Shape }).shape[name]?.safeParse(undefined).success === false

type Random = { next(): number; pick<T>(from: readonly T[]): T; text(): string }

/** A tree of any depth whose leaves and names are hostile: for fields that take an object or a list. */
function tree(r: Random, depth = 0): unknown {
  const kind = r.next()
  if (depth > 3 || kind < 0.5) return r.text()
  const many = 1 + Math.floor(r.next() * 3)
  if (kind < 0.7) return Array.from({ length: many }, () => tree(r, depth + 1))
  const names = ['service', 'environments', 'services', 'signal', 'dimension', 'sha', 'message']
  return Object.fromEntries(
    Array.from({ length: many }, () => [r.next() < 0.6 ? r.pick(names) : r.text(), tree(r, depth + 1)]),
  )
}

function valuesFor(schema: z.ZodType | undefined, r: Random, leaf: () => unknown): Record<string, unknown> {
  const names = fieldsOf(schema)
  const hostile = new Set([r.pick(names), ...(r.next() < 0.3 ? [r.pick(names)] : [])])
  const used = names.filter((name) => hostile.has(name) || isNeeded(schema, name) || r.next() < 0.25)
  return Object.fromEntries(used.map((name) => [name, hostile.has(name) ? leaf() : (VALID[name] ?? leaf())]))
}

type Call = { method: string; path: string; body: string | undefined }

/** What can be called: every route of the API, and every tool of /mcp. */
type Target = { name: string; scope: Route['scope']; call(r: Random): Call; isTool: boolean }

function callOf(route: Route, r: Random): Call {
  const path = route.path.replace(/\{\w+\}/g, () => encodeURIComponent(r.next() < 0.5 ? r.text() : 'checkout'))
  const query = fieldsOf(route.query).length > 0 ? valuesFor(route.query, r, () => r.text()) : {}
  const pairs = Object.entries(query).map(([k, v]) => `${k}=${encodeURIComponent(String(v))}`)
  const isFree = route.body !== undefined && fieldsOf(route.body).length === 0
  const body = isFree ? tree(r) : route.body && valuesFor(route.body, r, () => (r.next() < 0.6 ? r.text() : tree(r)))
  return {
    method: route.method.toUpperCase(),
    path: `${path}${pairs.length > 0 ? `?${pairs.join('&')}` : ''}`,
    body: body === undefined ? undefined : JSON.stringify(body),
  }
}

const toolCall = (tool: Tool, r: Random): Call => {
  const params = { name: tool.name, arguments: valuesFor(tool.input, r, () => (r.next() < 0.8 ? r.text() : tree(r))) }
  return { method: 'POST', path: '/mcp', body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }) }
}

const targets: Target[] = [
  ...routes.map((route) => ({
    ...{ name: `${route.method} ${route.path}`, scope: route.scope, isTool: false },
    call: (r: Random) => callOf(route, r),
  })),
  ...tools.map((tool) => ({
    ...{ name: `/mcp ${tool.name}`, scope: 'read' as const, isTool: true },
    call: (r: Random) => toolCall(tool, r),
  })),
]

const holds = (who: Who, scope: Route['scope']) => scope === 'public' || who === 'admin' || who === scope

async function keysFor(context: WebBed['context']): Promise<Record<Who, string>> {
  const make = async (scope: Scope) => (await createKey(context, { name: scope, scopes: [scope] })).plaintext
  const revoked = await createKey(context, { name: 'revoked', scopes: ['admin'] })
  await revokeKey(context, revoked.key.id)
  const [ingest, read, deploy, admin] = [
    await make('ingest'),
    await make('read'),
    await make('deploy'),
    await make('admin'),
  ]
  return { ingest, read, deploy, admin, none: '', revoked: revoked.plaintext }
}

const counts = async (bed: WebBed) =>
  Object.fromEntries(
    await Promise.all(
      TABLES.map(
        async (t) => [t, (await bed.store.rows<{ n: string }>(`SELECT count() AS n FROM ${t}`))[0]?.n] as const,
      ),
    ),
  )

/** What the engine is asked, seen between the API and the store. */
function watchEngine(context: WebBed['context'], report: InjectionReport): void {
  const { store } = context
  context.store = {
    ...store,
    rows: async (sql, params) => {
      report.engineReads += 1
      if (sql.includes(MARK) || /INTO\s+OUTFILE|\b(?:file|url|executable)\s*\(/i.test(sql)) report.textInSql += 1
      try {
        return await store.rows(sql, params)
      } catch (error) {
        report.engineErrors.push(String((error as Error).message).slice(0, 300))
        throw error
      }
    },
  }
}

async function ask(bed: WebBed, call: Call, key: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${bed.url}${call.path}`, {
    method: call.method,
    headers: {
      accept: 'application/json, text/event-stream',
      ...(key && { authorization: `Bearer ${key}` }),
      ...(call.body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(call.body !== undefined && { body: call.body }),
    redirect: 'manual',
  })
  return { status: response.status, text: await response.text() }
}

/** Every call with every key that must not make it, and none that may not come through. */
async function checkScopes(bed: WebBed, keys: Record<Who, string>, r: Random, report: InjectionReport): Promise<void> {
  for (const target of targets)
    for (const who of Object.keys(keys) as Who[]) {
      if (holds(who, target.scope)) continue
      report.scopeChecks += 1
      // A wrong key waits after ten tries; the clock goes on, so that each is judged as a key.
      if (who === 'revoked') await bed.clock.advance(6_000)
      const { status } = await ask(bed, target.call(r), keys[who])
      const wanted = who === 'none' || who === 'revoked' ? 401 : 403
      if (status !== wanted) report.scopePassed.push(`${who} ${target.name}: ${status}`)
    }
}

const blank = (queries: number): InjectionReport => ({
  ...{
    queries,
    answered: 0,
    toolsAnswered: 0,
    scopeChecks: 0,
    scopePassed: [],
    engineReads: 0,
    engineErrors: [],
    textInSql: 0,
  },
  ...{ failures: [], tablesChanged: [], filesTouched: [], urlHits: 0, secretsShown: 0 },
})

/**
 * Random filters and bodies of hostile texts against every call of the API and every tool of /mcp, each by a random key, on a real engine: what reached
 * the engine, what changed, and who got through.
 */
export async function runInjection(o: { queries: number; seed: number }): Promise<InjectionReport> {
  const next = seeded(o.seed)
  const report = blank(o.queries)
  const lure = createServer((_request, response) => {
    report.urlHits += 1
    response.end(CANARY)
  })
  await new Promise<void>((resolve) => lure.listen(0, '127.0.0.1', resolve))
  let keys = {} as Record<Who, string>
  const bed = await openWeb(T0 + 120 * 60_000, { PLUMBLINE_HOST: '0.0.0.0' }, async (context) => {
    keys = await keysFor(context)
    watchEngine(context, report)
  })
  try {
    await Promise.all([fillTelemetry(bed), fillTrace(bed), fillDeploys(bed)])
    const url = `http://127.0.0.1:${(lure.address() as AddressInfo).port}/`
    const lures: Lures = { readFile: join(bed.dir, 'canary.txt'), writeFile: join(bed.dir, 'written.txt'), url }
    writeFileSync(lures.readFile, CANARY)
    const pick = <T>(from: readonly T[]) => from[Math.floor(next() * from.length)] as T
    const texts = hostileTexts(lures)
    const r: Random = { next, pick, text: () => pick(texts) + (next() < 0.3 ? pick(texts) : '') }
    const before = await counts(bed)
    await checkScopes(bed, keys, r, report)
    await attack(bed, keys, r, report)
    const after = await counts(bed)
    report.tablesChanged = TABLES.filter((t) => after[t] !== before[t] && t !== 'deploys')
    if (readFileSync(lures.readFile, 'utf8') !== CANARY) report.filesTouched.push('read')
    if (existsSync(lures.writeFile)) report.filesTouched.push('written')
    report.failures.push(...bed.errors.map((line) => line.slice(0, 300)))
  } finally {
    await bed.close()
    lure.close()
  }
  return report
}

async function attack(bed: WebBed, keys: Record<Who, string>, r: Random, report: InjectionReport): Promise<void> {
  const known = Object.values(keys).filter(Boolean)
  for (let i = 0; i < report.queries; i++) {
    const target = targets[i % targets.length] as Target
    const able = (['ingest', 'read', 'deploy', 'admin'] as const).filter((who) => holds(who, target.scope))
    await bed.clock.advance(6_000)
    const call = target.call(r)
    const { status, text } = await ask(bed, call, keys[r.pick(able)])
    const refused = status >= 300 || (target.isTool && /"isError":\s*true|"error":/.test(text))
    if (!refused) report.answered += 1
    if (!refused && target.isTool) report.toolsAnswered += 1
    if (status >= 500) report.failures.push(`${call.method} ${call.path.slice(0, 200)}: ${status}`)
    if (text.includes(CANARY) || known.some((key) => text.includes(key))) report.secretsShown += 1
  }
}

/** Whether nothing got through. */
export const withstood = (r: InjectionReport): boolean =>
  r.scopePassed.length + r.engineErrors.length + r.failures.length + r.tablesChanged.length + r.filesTouched.length ===
    0 &&
  r.textInSql + r.urlHits + r.secretsShown === 0 &&
  r.engineReads > r.queries / 10 &&
  r.answered > r.queries / 10 &&
  r.toolsAnswered > r.queries / 100
