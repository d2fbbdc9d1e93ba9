import { allows, authenticate, SCOPES } from '../../../shared/state/keys.ts'
import { sessionCookie } from '../auth.ts'
import { ProblemError } from '../problem.ts'
import { ok, type Route, route } from '../route.ts'
import { type Session, session, sessionInput } from './schemas/admin.ts'

export const sessionRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/v1/session',
    scope: 'read',
    tag: 'session',
    summary: 'Who asks, and what they may do',
    answers: ok(session),
    handle: async ({ caller }, api) => ({
      body: {
        auth: api.authRequired,
        signed_in: caller !== null,
        name: caller?.name ?? null,
        scopes: caller === null || allows(caller, 'admin') ? [...SCOPES] : caller.scopes,
      } satisfies Session,
    }),
  }),
  route({
    method: 'post',
    path: '/api/v1/session',
    scope: 'public',
    tag: 'session',
    summary: 'Sign in to the console with a key; answers with a cookie',
    body: sessionInput,
    answers: ok(session),
    handle: async ({ body, secure, signInFailed }, api) => {
      const caller = await authenticate(api, body.key)
      if (!caller) throw signInFailed()
      if (!allows(caller, 'read'))
        throw new ProblemError(403, 'cannot sign in: the console needs a key with scope "read"')
      return {
        headers: { 'set-cookie': sessionCookie(api.sealSession(body.key), secure) },
        body: {
          auth: api.authRequired,
          signed_in: true,
          name: caller.name,
          scopes: allows(caller, 'admin') ? [...SCOPES] : caller.scopes,
        } satisfies Session,
      }
    },
  }),
  route({
    method: 'delete',
    path: '/api/v1/session',
    scope: 'public',
    tag: 'session',
    summary: 'Sign out',
    answers: { 204: { description: 'Signed out', schema: null } },
    handle: async ({ secure }) => ({ status: 204, headers: { 'set-cookie': sessionCookie(null, secure) } }),
  }),
]
