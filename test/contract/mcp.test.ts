import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bound } from '../../services/web/mcp/bound.ts'
import { traceView } from '../../services/web/mcp/views.ts'
import type { Deploy } from '../../shared/model/deploy.ts'
import { createKey } from '../../shared/state/keys.ts'
import { openWeb, type WebBed } from '../support/web.ts'
import { at, fillDeploys, fillTelemetry, fillTrace, TRACE } from '../support/web-data.ts'

let bed: WebBed
let deploys: { v1: Deploy; v2: Deploy }
let client: Client
const keys: Record<string, string> = {}

const connect = async (key: string | undefined): Promise<Client> => {
  const one = new Client({ name: 'test', version: '1' })
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` }
  const transport = new StreamableHTTPClientTransport(new URL(`${bed.url}/mcp`), { requestInit: { headers } })
  await one.connect(transport as Parameters<Client['connect']>[0])
  return one
}

// 0.0.0.0 is no loopback bind, so keys are on; 127.0.0.1 reaches it all the same.
beforeAll(async () => {
  bed = await openWeb(Date.parse(at(120)), { PLUMBLINE_HOST: '0.0.0.0' }, async (context) => {
    for (const scope of ['ingest', 'read'] as const)
      keys[scope] = (await createKey(context, { name: scope, scopes: [scope] })).plaintext
  })
  await fillTelemetry(bed)
  await fillTrace(bed)
  deploys = await fillDeploys(bed)
  client = await connect(keys.read)
})
afterAll(async () => {
  await client.close()
  await bed.close()
})

const ask = (name: string, args: Record<string, unknown> = {}) =>
  client.callTool({ name, arguments: args }) as Promise<CallToolResult>
const textOf = (result: CallToolResult) => (result.content[0] as { text: string }).text
const answerOf = async (name: string, args: Record<string, unknown> = {}) => {
  const result = await ask(name, args)
  expect(result.isError, textOf(result)).toBeFalsy()
  expect(JSON.parse(textOf(result))).toEqual(result.structuredContent)
  return result.structuredContent as Record<string, never> & Record<string, unknown>
}
const refusal = async (name: string, args: Record<string, unknown>) => {
  const result = await ask(name, args)
  expect(result.isError).toBe(true)
  return textOf(result)
}

describe('the tools of /mcp', () => {
  it('are listed with their inputs, and all of them only read', async () => {
    const { tools } = await client.listTools()
    expect(tools.map((t) => t.name)).toEqual([
      ...['list_deploys', 'get_verdict', 'explain_anomaly', 'compare_versions', 'search_logs', 'get_trace'],
      'list_services',
    ])
    for (const t of tools) {
      expect(t.inputSchema.type).toBe('object')
      expect(t.annotations?.readOnlyHint).toBe(true)
    }
  })

  it('list_services names each service with its health', async () => {
    const { items } = await answerOf('list_services')
    expect(items).toMatchObject([{ service: 'checkout', environment: 'production', version: 'v2' }])
  })

  it('list_deploys finds the deploy of a commit, with its verdict', async () => {
    const { items, next } = await answerOf('list_deploys', { commit: 'bbbbbbb' })
    expect(items).toMatchObject([{ id: deploys.v2.id, version: 'v2', verdict: 'regressed', reason: 'errors rose' }])
    expect(next).toBeNull()
  })

  it('list_deploys pages by its cursor', async () => {
    const first = await answerOf('list_deploys', { limit: 1 })
    expect(first.items).toMatchObject([{ id: deploys.v2.id }])
    const second = await answerOf('list_deploys', { limit: 1, cursor: first.next })
    expect(second.items).toMatchObject([{ id: deploys.v1.id }])
  })

  it.each([
    ['its id', () => ({ deploy_id: deploys.v2.id })],
    ['its commit', () => ({ commit: 'bbbbbbbbbbbb' })],
    ['its service: the newest is meant', () => ({ service: 'checkout' })],
    ['its version', () => ({ service: 'checkout', version: 'v2' })],
  ])('get_verdict takes a deploy by %s', async (_, args) => {
    const verdict = await answerOf('get_verdict', args())
    expect(verdict).toMatchObject({ deploy_id: deploys.v2.id, verdict: 'regressed', anomalies: [{ id: 'a_1' }] })
    expect(verdict.findings).toMatchObject([{ signal: 'error_ratio', dimension: 'GET /pay', sql: 'SELECT 1' }])
  })

  it('explain_anomaly gives the evidence, by id and by deploy', async () => {
    const byId = await answerOf('explain_anomaly', { anomaly_id: 'a_1' })
    expect(byId.anomaly).toMatchObject({ evidence: { finding: { exemplar_trace_ids: [TRACE] } } })
    const byDeploy = await answerOf('explain_anomaly', { deploy_id: deploys.v2.id })
    expect(byDeploy).toEqual({ ...byId, others: [] })
    expect(await answerOf('explain_anomaly', { service: 'cart' })).toEqual({ anomaly: null, others: [] })
  })

  it('compare_versions sets a deploy beside the one before, or the one that is named', async () => {
    const before = await answerOf('compare_versions', { commit: 'bbbbbbb' })
    expect(before).toMatchObject({ a: { deploy: { version: 'v2' } }, b: { deploy: { version: 'v1' } } })
    expect(before.signals).toContainEqual(
      expect.objectContaining({ signal: 'error_ratio', a: { value: 0.15, n: 2400 } }),
    )
    expect(await answerOf('compare_versions', { deploy_id: deploys.v2.id, with_version: 'v1' })).toEqual(before)
    expect(await answerOf('compare_versions', { deploy_id: deploys.v2.id, with_deploy_id: deploys.v1.id })).toEqual(
      before,
    )
  })

  it('search_logs finds lines, and get_trace the trace that they belong to', async () => {
    const { items } = await answerOf('search_logs', { service: 'checkout', level: 'error', q: 'cannot' })
    expect(items).toMatchObject([{ body: 'cannot pay 7', trace_id: TRACE }])
    const trace = await answerOf('get_trace', { trace_id: TRACE })
    expect(trace.spans).toHaveLength(2)
  })
})

describe('a bad call of /mcp', () => {
  it.each([
    ['get_verdict', {}, 'cannot use deploy_id: name a deploy by deploy_id, by service (and version), or by commit'],
    ['get_verdict', { service: 'nobody' }, 'no deploy fits'],
    ['get_verdict', { deploy_id: 'd_none' }, 'cannot find deploy "d_none"'],
    ['list_deploys', { commit: 'abc' }, 'cannot use commit: must have at least 7 characters'],
    ['list_deploys', { limit: 1000 }, 'cannot use limit'],
    ['list_deploys', { cursor: 'nonsense' }, 'cannot read cursor'],
    ['list_deploys', { sql: 'SELECT 1' }, 'cannot use sql: there is no such field'],
    ['search_logs', { from: 'yesterday' }, 'cannot use from: must be an ISO 8601 time'],
    ['search_logs', { service: 'a\0b' }, 'NUL'],
    ['explain_anomaly', { anomaly_id: "' OR 1" }, 'cannot find anomaly'],
    ['get_trace', { trace_id: 'f'.repeat(32) }, 'cannot find trace'],
    ['drop_tables', {}, 'cannot call drop_tables: the tools are list_deploys'],
  ])('%s %j says what is wrong', async (name, args, sentence) => {
    expect(await refusal(name, args)).toContain(sentence)
    expect(bed.errors).toEqual([])
  })

  it('is refused without a key, with a wrong one, and with one that may not read', async () => {
    for (const key of [undefined, 'plb_wrong', keys.ingest]) await expect(connect(key)).rejects.toThrow(/key/)
  })

  it.each(['GET', 'DELETE', 'PUT'])('%s is refused: there are no sessions', async (method) => {
    const response = await fetch(`${bed.url}/mcp`, { method, headers: { authorization: `Bearer ${keys.read}` } })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  })

  it('from a page of another origin is refused', async () => {
    const response = await fetch(`${bed.url}/mcp`, {
      ...{ method: 'POST', body: '{}' },
      headers: {
        authorization: `Bearer ${keys.read}`,
        'content-type': 'application/json',
        origin: 'https://evil.example',
      },
    })
    expect(response.status).toBe(403)
  })

  it('of many messages at once is refused', async () => {
    const headers = {
      ...{ authorization: `Bearer ${keys.read}`, 'content-type': 'application/json' },
      accept: 'application/json, text/event-stream',
    }
    const message = (id: number) => ({ jsonrpc: '2.0', id, method: 'tools/list' })
    const body = JSON.stringify(Array.from({ length: 100 }, (_, id) => message(id)))
    const response = await fetch(`${bed.url}/mcp`, { method: 'POST', headers, body })
    expect(await response.json()).toMatchObject({ status: 400, detail: expect.stringContaining('8 messages') })
  })

  it('with a body that is no JSON is a problem, not a crash', async () => {
    const headers = { authorization: `Bearer ${keys.read}`, 'content-type': 'application/json' }
    const response = await fetch(`${bed.url}/mcp`, { method: 'POST', headers, body: '{' })
    expect(response.status).toBe(400)
  })
})

describe('an answer', () => {
  it('stays under its size, and says that it was cut', () => {
    const long = bound({ items: Array.from({ length: 5000 }, (_, i) => ({ i, text: 'x'.repeat(10_000) })) })
    expect(JSON.stringify(long).length).toBeLessThan(41_000)
    expect(long.truncated).toBe(true)
    expect(bound({ a: 1 })).toEqual({ a: 1 })
  })

  it('keeps the failed spans of a long trace and what led to them', () => {
    const spans = Array.from({ length: 500 }, (_, i) => ({
      ...{ span_id: String(i), parent_span_id: i === 0 ? '' : i === 499 ? '498' : '0', failed: i === 499 },
    }))
    const view = traceView({ spans }) as { spans: { span_id: string }[] }
    expect(view.spans).toHaveLength(100)
    expect(view.spans.map((s) => s.span_id)).toEqual(expect.arrayContaining(['0', '498', '499']))
  })
})
