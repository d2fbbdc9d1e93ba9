import type { IncomingMessage, ServerResponse } from 'node:http'

const MAX_AGE_S = 7200
const HEADERS = 'content-type, content-encoding, authorization, x-api-key, traceparent, tracestate'

/** An allowed origin, `https://*.example.com` matching any host below; `*` matches all. */
function matcher(pattern: string): RegExp {
  const text = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[A-Za-z0-9._-]+')
  return pattern === '*' ? /^/ : new RegExp(`^${text}$`, 'i')
}

/**
 * Answers preflights and marks answers for browser exporters of allowed origins. Credentials are never allowed, and the
 * origin is named, never `*`.
 */
export function cors(origins: readonly string[]) {
  const allowed = origins.map(matcher)
  const isAllowed = (origin: string) => allowed.some((pattern) => pattern.test(origin))
  return {
    /** @returns true where the request was a preflight and is answered */
    handle(request: IncomingMessage, response: ServerResponse): boolean {
      const { origin } = request.headers
      const isKnown = origin !== undefined && isAllowed(origin)
      if (allowed.length > 0) response.setHeader('vary', 'Origin')
      if (isKnown) {
        response.setHeader('access-control-allow-origin', origin)
        response.setHeader('access-control-expose-headers', 'Retry-After')
      }
      if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return false
      if (isKnown) {
        response.setHeader('access-control-allow-methods', 'POST')
        response.setHeader('access-control-allow-headers', HEADERS)
        response.setHeader('access-control-max-age', String(MAX_AGE_S))
      }
      response.writeHead(204).end()
      return true
    },
  }
}
