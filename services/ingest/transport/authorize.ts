import { isLoopback } from '../../../shared/runtime/config.ts'
import { allows, authenticate } from '../../../shared/state/keys.ts'
import type { State } from '../../../shared/state/state.ts'
import { Refusal } from './refusal.ts'

/** Lets a request in by what it brought, `Authorization` or `x-api-key`. @throws Refusal 401 or 403 */
export type Authorize = (credential: string | undefined) => Promise<void>

/** On loopback everybody may send; elsewhere a key with the scope `ingest` is asked for. */
export function authorizeBy(host: string, state: State): Authorize {
  if (isLoopback(host)) return async () => {}
  return async (credential) => {
    const caller = await authenticate(state, credential)
    if (caller === null)
      throw new Refusal(
        401,
        'cannot take the request: it needs a key, as "Authorization: Bearer plb_…" or "x-api-key"',
        {
          headers: { 'www-authenticate': 'Bearer realm="plumbline"' },
        },
      )
    if (!allows(caller, 'ingest'))
      throw new Refusal(403, 'cannot take the request: its key has no scope "ingest". Make one with `plumbline key`')
  }
}
