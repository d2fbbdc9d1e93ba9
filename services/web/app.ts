import compression from 'compression'
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express'
import { short } from '../../shared/runtime/log.ts'
import type { Context } from '../../shared/runtime/service.ts'
import { type Auth, createAuth } from './auth.ts'
import { toCsv } from './csv.ts'
import { hostGuard, isJson, jsonGuard, originGuard, securityHeaders } from './guard.ts'
import { mcp } from './mcp/mcp.ts'
import { webMetrics } from './metrics.ts'
import { pages, wantsPage } from './pages.ts'
import { ProblemError, parse, problemFrom, problemOf } from './problem.ts'
import type { Answer, Api, Route } from './route.ts'

const BODY_LIMIT_BYTES = 1024 * 1024
const MAX_AT_ONCE = 64

/** All of the web target as one request handler: guards, the table of routes, the console, problems for all else. */
export function createApp(context: Context, routes: Route[], consoleFolder: string): Express {
  const app = express()
  const auth = createAuth(context)
  const metrics = webMetrics(context)
  const startedMs = context.clock.nowMs()
  app.disable('x-powered-by')
  app.set('query parser', 'simple')
  app.set('etag', 'weak')
  app.use(securityHeaders(context.config))
  app.use(hostGuard(context.config), originGuard(context.config))
  app.use(compression({ threshold: 1024 }))
  const state = { atOnce: 0 }
  const [files, application] = pages(consoleFolder)
  // One address, two readers: Prometheus reads our metrics there, people look at those of their services.
  app.get('/metrics', (request, response, next) =>
    wantsPage(request.headers.accept) ? application(request, response, next) : next(),
  )
  for (const path of new Set(routes.map((r) => r.path))) {
    const here = routes.filter((r) => r.path === path)
    const where = app.route(path.replace(/\{(\w+)\}/g, ':$1'))
    where.all(metrics.of(path))
    for (const r of here) where[r.method](handler(context, auth, r, startedMs, state))
    where.all(notAllowed(here))
  }
  app.all('/mcp', ...mcp(auth, routes, (request, response) => apiFor(context, auth, request, response, startedMs)))
  app.use('/api', (_request, _response, next) =>
    next(new ProblemError(404, 'there is no such call. See /api/v1/openapi.json')),
  )
  app.use(files, application)
  app.use((_request, _response, next) => next(new ProblemError(404, 'there is nothing at this path')))
  app.use(writeProblem(context))
  return app
}

const notAllowed = (here: Route[]): RequestHandler => {
  const allow = [...new Set(here.flatMap((r) => (r.method === 'get' ? ['GET', 'HEAD'] : [r.method.toUpperCase()])))]
    .sort()
    .join(', ')
  return (request, _response, next) =>
    next(new ProblemError(405, `cannot ${request.method} here: this path takes ${allow}`, { headers: { allow } }))
}

const readJson = express.json({
  limit: BODY_LIMIT_BYTES,
  strict: true,
  type: (r) => isJson(typeOf(r.headers['content-type'])),
})
const typeOf = (header: string | undefined) => (header ?? '').split(';')[0]?.trim().toLowerCase() ?? ''

/** Who → body → values by schema → handler → answer. The body is not read before the caller is known. */
function handler(
  context: Context,
  auth: Auth,
  r: Route,
  startedMs: number,
  state: { atOnce: number },
): RequestHandler[] {
  const admit: RequestHandler = async (request, response, next) => {
    response.locals.caller = await auth.admit(request, r.scope)
    next()
  }
  const answer: RequestHandler = async (request, response) => {
    if (state.atOnce >= MAX_AT_ONCE)
      throw new ProblemError(503, 'cannot answer now: too many requests at once', { headers: { 'retry-after': '1' } })
    state.atOnce += 1
    try {
      const api = apiFor(context, auth, request, response, startedMs)
      const result = await r.handle(
        {
          params: r.params ? parse(r.params, { ...request.params }, 'path') : {},
          query: parseQuery(r, request),
          body: r.body ? parse(r.body, bodyOf(r, request), 'body') : undefined,
          caller: response.locals.caller,
          headers: request.headers,
          signInFailed: () => auth.failed(request),
          secure: request.secure || context.config.publicUrl.startsWith('https://'),
        },
        api,
      )
      send(response, wantsCsv(r, request) ? asCsv(result, request) : result)
    } finally {
      state.atOnce -= 1
    }
  }
  return r.body ? [admit, jsonGuard, readJson, answer] : [admit, answer]
}

const wantsCsv = (r: Route, request: Request): boolean => r.csv === true && request.query.format === 'csv'

/** The same page as CSV; the cursor of the next one stands in the Link header. */
function asCsv(answer: Answer, request: Request): Answer {
  const { items, next } = answer.body as { items: Record<string, unknown>[]; next: string | null }
  const query = new URLSearchParams({ ...(request.query as Record<string, string>), cursor: next ?? '' })
  const file = request.path.split('/').at(-1) ?? 'list'
  return {
    text: { type: 'text/csv', value: toCsv(items) },
    headers: {
      'content-disposition': `attachment; filename="${file}.csv"`,
      ...(next !== null && { link: `<${request.path}?${query}>; rel="next"` }),
    },
  }
}

function parseQuery(r: Route, request: Request): unknown {
  const { format: _format, ...rest } = request.query
  const given = wantsCsv(r, request) ? rest : { ...request.query }
  if (r.query) return parse(r.query, given, 'query')
  const unknown = Object.keys(given)
  if (unknown.length > 0)
    throw new ProblemError(400, `cannot use ${short(unknown[0] ?? '')}: there is no such query parameter`, {
      errors: unknown
        .slice(0, 50)
        .map((key) => ({ pointer: `?${short(key)}`, detail: 'there is no such query parameter' })),
    })
  return {}
}

function bodyOf(r: Route, request: Request): unknown {
  if (request.body !== undefined) return request.body
  if (r.bodyOptional) return {}
  throw new ProblemError(400, 'cannot read the body: it is empty. Send a JSON object', {
    errors: [{ pointer: '', detail: 'a JSON object is needed' }],
  })
}

/** The context for one request: its reads end, in the engine too, once the client has gone. */
function apiFor(context: Context, auth: Auth, request: Request, response: Response, startedMs: number): Api {
  const gone = new AbortController()
  response.on('close', () => {
    if (!response.writableFinished) gone.abort(new ProblemError(503, 'the client went away'))
  })
  const { store } = context
  return {
    ...context,
    store: {
      ...store,
      rows: async (sql, params, signal) => {
        try {
          return await store.rows(sql, params, signal ? AbortSignal.any([gone.signal, signal]) : gone.signal)
        } catch (error) {
          gone.signal.throwIfAborted()
          throw error
        }
      },
    },
    authRequired: auth.required(request),
    startedMs,
    sealSession: auth.seal,
  }
}

function send(response: Response, answer: Answer): void {
  response.status(answer.status ?? 200)
  response.setHeader('cache-control', 'private, no-cache')
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value)
  if (answer.text) response.type(answer.text.type).send(answer.text.value)
  else if (answer.body === undefined) response.end()
  else response.json(answer.body)
}

/** What was thrown, as RFC 9457. Nothing of an unexpected error leaves the log. */
function writeProblem(context: Context): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const problem = problemFrom(error)
    if (problem.status >= 500 && !(error instanceof ProblemError))
      context.log.error(
        {
          event: 'request_failed',
          method: request.method,
          path: short(request.path),
          error: short(String((error as Error)?.stack ?? error), 2000),
        },
        'a request failed',
      )
    if (response.headersSent) return response.destroy()
    for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value)
    response.setHeader('cache-control', 'no-store')
    response
      .status(problem.status)
      .type('application/problem+json')
      .send(JSON.stringify(problemOf(problem, request.path)))
  }
}
