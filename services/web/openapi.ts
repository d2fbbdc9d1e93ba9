import { z } from 'zod'
import { packageVersion } from '../../shared/runtime/package.ts'
import { problem } from './api/schemas/common.ts'
import { type Route, route } from './route.ts'

type Json = Record<string, unknown>

/** Collects named schemas as components while operations refer to them. */
function componentsOf() {
  const components: Record<string, Json> = {}
  const add = (schema: z.ZodType, io: 'input' | 'output'): Json => {
    const { $schema: _schema, $defs, ...root } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json
    for (const [id, named] of Object.entries(($defs ?? {}) as Record<string, Json>)) components[id] = link(named)
    return link(root)
  }
  return { components, add }
}

type Add = ReturnType<typeof componentsOf>['add']

/** Points references at the components. */
const link = (schema: Json): Json =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json

function parametersOf(r: Route, add: Add): Json[] {
  const of = (schema: z.ZodType | undefined, place: 'path' | 'query') => {
    if (!schema) return []
    const { properties, required } = add(schema, 'input')
    return Object.entries((properties ?? {}) as Record<string, Json>).map(([name, one]) => ({
      name,
      in: place,
      required: place === 'path' || ((required ?? []) as string[]).includes(name),
      schema: one,
    }))
  }
  const format = { name: 'format', in: 'query', required: false, schema: { type: 'string', enum: ['csv'] } }
  return [...of(r.params, 'path'), ...of(r.query, 'query'), ...(r.csv ? [format] : [])]
}

function operation(r: Route, add: Add): Json {
  const answers = Object.entries(r.answers).map(([status, { description, schema, type }]) => [
    status,
    {
      description,
      ...(schema && {
        content: {
          [type ?? 'application/json']: { schema: add(schema, 'output') },
          ...(r.csv && { 'text/csv': { schema: { type: 'string' } } }),
        },
      }),
      ...(!schema && type && { content: { [type]: { schema: { type: 'string' } } } }),
    },
  ])
  return {
    tags: [r.tag],
    summary: r.summary,
    operationId: `${r.method}${r.path.replace(/^\/api\/v1/, '').replace(/[^a-z]+(\w?)/gi, (_, c: string) => c.toUpperCase())}`,
    ...(r.scope === 'public' ? { security: [] } : { 'x-scope': r.scope }),
    parameters: parametersOf(r, add),
    ...(r.body && {
      requestBody: { required: !r.bodyOptional, content: { 'application/json': { schema: add(r.body, 'input') } } },
    }),
    responses: {
      ...Object.fromEntries(answers),
      default: {
        description: 'A problem (RFC 9457)',
        content: { 'application/problem+json': { schema: add(problem, 'output') } },
      },
    },
  }
}

/** OpenAPI 3.1 of a table of routes, from the very schemas that check what comes in. */
export function openApi(routes: readonly Route[]): Json {
  const { components, add } = componentsOf()
  const paths: Record<string, Json> = {}
  for (const r of routes) paths[r.path] = { ...paths[r.path], [r.method]: operation(r, add) }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Plumbline',
      version: packageVersion,
      description:
        'OpenTelemetry in, a verdict on every deploy out. Times are ISO 8601; lists are pages of `items` with a `next` cursor.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ key: [] }, { header: [] }, { session: [] }],
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(components).sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer' },
        header: { type: 'apiKey', in: 'header', name: 'x-api-key' },
        session: { type: 'apiKey', in: 'cookie', name: 'plumbline_session' },
      },
    },
  }
}

/** The call that answers the document of `calls`, made once. */
export function openApiRoute(calls: readonly Route[]): Route {
  let document: Json | undefined
  const self: Route = route({
    method: 'get',
    path: '/api/v1/openapi.json',
    scope: 'public',
    tag: 'system',
    summary: 'This document',
    answers: { 200: { description: 'OpenAPI 3.1', schema: z.record(z.string(), z.unknown()) } },
    handle: async () => {
      document ??= openApi([...calls, self])
      return { body: document }
    },
  })
  return self
}
