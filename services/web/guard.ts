import type { NextFunction, Request, RequestHandler, Response } from 'express'
import helmet from 'helmet'
import { isLoopback } from '../../shared/runtime/config.ts'
import type { Config } from '../../shared/runtime/settings.ts'
import { hostOf, isLoopbackName } from './auth.ts'
import { ProblemError } from './problem.ts'

const WRITES = new Set(['POST', 'PATCH', 'PUT', 'DELETE'])

/** Headers of every answer: the console runs our scripts only, and only inside our pages. */
export const securityHeaders = (config: Config): RequestHandler =>
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': ["'self'"],
        'style-src': ["'self'"],
        'img-src': ["'self'", 'data:'],
        'font-src': ["'self'"],
        'manifest-src': ["'self'"],
        'connect-src': ["'self'"],
        'frame-ancestors': ["'none'"],
        'base-uri': ["'none'"],
        'form-action': ["'self'"],
        'require-trusted-types-for': ["'script'"],
      },
    },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: config.tlsCert !== '' || config.publicUrl.startsWith('https://'),
    crossOriginEmbedderPolicy: false,
  })

/**
 * A page that had its name point to 127.0.0.1 (DNS rebinding) still sends its own name as Host: bound to loopback we
 * answer only to loopback names and to the host of PLUMBLINE_PUBLIC_URL.
 */
export function hostGuard(config: Config): RequestHandler {
  const own = config.publicUrl === '' ? null : new URL(config.publicUrl).hostname
  return (request, _response, next) => {
    const host = hostOf(request)
    if (!isLoopback(config.host) || isLoopbackName(host) || host === own) return next()
    next(
      new ProblemError(
        421,
        `cannot answer for this host: Plumbline listens on ${config.host} only. Set PLUMBLINE_PUBLIC_URL to the address of your proxy`,
      ),
    )
  }
}

/** Writes from a browser must come from our own pages. */
export function originGuard(config: Config): RequestHandler {
  const own = config.publicUrl === '' ? null : new URL(config.publicUrl).host
  return (request: Request, _response: Response, next: NextFunction) => {
    if (!WRITES.has(request.method)) return next()
    const { origin, host } = request.headers
    if (origin === undefined && request.headers['sec-fetch-site'] === undefined) return next()
    if (origin === undefined) {
      const site = request.headers['sec-fetch-site']
      return next(site === 'same-origin' || site === 'none' ? undefined : refused())
    }
    const from = URL.canParse(origin) ? new URL(origin).host : null
    next(from !== null && (from === host || from === own) ? undefined : refused())
  }
}

const refused = () => new ProblemError(403, 'cannot accept a write that comes from a page of another origin')

/** A body must say that it is JSON: a form of a foreign page cannot. */
export const jsonGuard: RequestHandler = (request, _response, next) => {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (!WRITES.has(request.method) || !hasBody || isJson(type)) return next()
  next(new ProblemError(415, 'cannot read the body: send it as content-type application/json'))
}

export const isJson = (type: string): boolean =>
  type === 'application/json' || /^application\/[a-z0-9.+-]+\+json$/.test(type)
