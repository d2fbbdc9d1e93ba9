import type { Request as HttpRequest } from 'express'
import { isLoopback } from '../../shared/runtime/config.ts'
import type { Context } from '../../shared/runtime/service.ts'
import { secretBox } from '../../shared/security/secrets.ts'
import { tokenBucket } from '../../shared/security/token-bucket.ts'
import { allows, authenticate, type Caller } from '../../shared/state/keys.ts'
import { ProblemError } from './problem.ts'
import type { RouteScope } from './route.ts'

export const SESSION_COOKIE = 'plumbline_session'
const SESSION_HOURS = 12
const MIB = 1024 * 1024

export type Auth = {
  /** Who asks; null where no key is needed and none was sent. @throws ProblemError 401, 403 or 429 */
  admit(request: HttpRequest, scope: RouteScope): Promise<Caller | null>
  required(request: HttpRequest): boolean
  seal(key: string): string
  /** Notes a failure; @returns 401, or 429 once this address failed too often */
  failed(request: HttpRequest): ProblemError
}

/**
 * Keys by `Authorization: Bearer`, `x-api-key`, Basic (the password, for senders that only take a URL) or the console's
 * session cookie. Never by the query string. A loopback bind needs none, unless others reach it: PLUMBLINE_PUBLIC_URL names
 * an address that is not loopback, or a reverse proxy carries the request in.
 */
export function createAuth(context: Pick<Context, 'config' | 'state' | 'clock'>): Auth {
  const { config, clock } = context
  // Ten failures at once and ten a minute from one address; then nobody is asked any more.
  const failures = tokenBucket({ perSecond: 10 / 60, burst: 10, clock })
  const calls = tokenBucket({ perSecond: 100, burst: 1000, clock })
  const bytes = tokenBucket({ perSecond: 4 * MIB, burst: 64 * MIB, clock })
  const open = isLoopback(config.host) && (config.publicUrl === '' || isLoopbackName(nameOf(config.publicUrl)))
  const required = (request: HttpRequest) => !open || !isLoopbackName(hostOf(request)) || isForwarded(request)
  const fail = (request: HttpRequest, detail: string) => {
    const waitS = failures.take(addressOf(request))
    if (waitS > 0) return tooMany(waitS, 'too many attempts with a wrong key')
    return new ProblemError(401, detail, { headers: { 'www-authenticate': 'Bearer realm="plumbline"' } })
  }
  return {
    required,
    failed: (request) => fail(request, 'cannot sign in: this key is unknown or was revoked'),
    seal: (key) =>
      secretBox(config.dataDir).seal(
        JSON.stringify({ key, untilMs: clock.nowMs() + SESSION_HOURS * 3_600_000 }),
        'session',
      ),
    admit: async (request, scope) => {
      if (scope === 'public') return null
      const sent = headerOf(request)
      const header = sent ?? sessionKey(request, config.dataDir, clock.nowMs())
      if (header === null) {
        if (!required(request)) return null
        throw new ProblemError(
          401,
          'cannot answer: send a key as "Authorization: Bearer plb_…". Make one with `plumbline key create`',
          {
            headers: { 'www-authenticate': 'Bearer realm="plumbline"' },
          },
        )
      }
      const caller = await authenticate(context, header)
      // An old session's key may be revoked by now; where none is needed that shuts nobody out.
      if (!caller && sent === null && !required(request)) return null
      if (!caller) throw fail(request, 'cannot answer: this key is unknown or was revoked')
      if (!allows(caller, scope))
        throw new ProblemError(
          403,
          `cannot answer: this needs a key with scope "${scope}", and this one has ${caller.scopes.join(', ')}`,
        )
      const waitS = calls.take(caller.id)
      if (waitS > 0) throw tooMany(waitS, 'too many requests with this key')
      const waitBytesS = bytes.take(caller.id, bodyBytesOf(request))
      if (waitBytesS > 0) throw tooMany(waitBytesS, 'too many bytes with this key')
      return caller
    },
  }
}

const tooMany = (waitS: number, cause: string) =>
  new ProblemError(429, `cannot answer: ${cause}. Try again in ${Math.ceil(waitS)} s`, {
    headers: { 'retry-after': String(Math.ceil(waitS)) },
  })

/** What the caller says that it sends; the most that is read where it does not say. */
function bodyBytesOf(request: HttpRequest): number {
  if (request.headers['transfer-encoding'] !== undefined) return MIB
  return Math.min(MIB, Math.max(0, Number(request.headers['content-length'] ?? 0) || 0))
}

/** The key that the request's headers carry, or null. */
function headerOf(request: HttpRequest): string | null {
  const own = request.headers['x-api-key']
  if (typeof own === 'string') return own
  const authorization = request.headers.authorization
  if (authorization === undefined) return null
  const basic = /^\s*Basic\s+([A-Za-z0-9+/=]+)\s*$/i.exec(authorization)?.[1]
  if (!basic) return authorization
  return Buffer.from(basic, 'base64').toString('utf8').split(':').slice(1).join(':')
}

function sessionKey(request: HttpRequest, dataDir: string, nowMs: number): string | null {
  const cookies = (request.headers.cookie ?? '').split(';').map((part) => part.trim())
  const sealed = cookies.find((part) => part.startsWith(`${SESSION_COOKIE}=`))?.slice(SESSION_COOKIE.length + 1)
  if (!sealed) return null
  try {
    const session = JSON.parse(secretBox(dataDir).open(sealed, 'session')) as { key: string; untilMs: number }
    return session.untilMs > nowMs ? session.key : null
  } catch {
    return null
  }
}

/** The cookie of a session; `value` null ends it. */
export const sessionCookie = (value: string | null, secure: boolean): string =>
  [
    `${SESSION_COOKIE}=${value ?? ''}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Strict',
    `Max-Age=${value === null ? 0 : SESSION_HOURS * 3600}`,
    ...(secure ? ['Secure'] : []),
  ].join('; ')

/** Name of the Host header, without its port. */
export const hostOf = (request: HttpRequest): string =>
  (request.headers.host ?? '')
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase()

export const isLoopbackName = (name: string): boolean =>
  name === 'localhost' || name.endsWith('.localhost') || isLoopback(name)

const nameOf = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, '')

/** A reverse proxy carries it in: whoever stands behind that is not on this machine. */
const isForwarded = (request: HttpRequest): boolean =>
  ['x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'forwarded', 'via'].some((h) => request.headers[h] !== undefined)

const addressOf = (request: HttpRequest): string => request.socket.remoteAddress ?? ''
