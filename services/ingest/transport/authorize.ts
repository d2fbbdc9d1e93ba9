import { isLoopback } from '../../../shared/runtime/config.ts'
import type { Context } from '../../../shared/runtime/service.ts'
import { tokenBucket } from '../../../shared/security/token-bucket.ts'
import { allows, authenticate } from '../../../shared/state/keys.ts'
import { Refusal } from './refusal.ts'

/** What a request brought: `Authorization` or `x-api-key`; the address that it came from; bytes of its body, also as they are compressed. */
export type Asking = { credential: string | undefined; address: string; bytes: number }
/** @throws Refusal 401 or 403; 429 for too many wrong keys from an address, or for more than a key's quota */
export type Authorize = (asking: Asking) => Promise<void>

const MIB = 1024 * 1024
/** Seconds of the quota that may come at once. */
const BURST_S = 4
/** Longest time that a sender who is over its quota is told to wait: its data ages meanwhile. */
const MAX_WAIT_S = 3
/** What a request costs beside its bytes, so that small ones are bounded too. */
const REQUEST_BYTES = 8 * 1024

/** On loopback everybody may send; elsewhere a key with the scope `ingest` is asked for, and held to its quota. */
export function authorizeBy({ config, state, clock }: Pick<Context, 'config' | 'state' | 'clock'>): Authorize {
  if (isLoopback(config.host)) return async () => {}
  const failures = tokenBucket({ perSecond: 10 / 60, burst: 10, clock })
  const rate = config.keyMibPerSecond * MIB
  // The largest request must fit, or it would be told to come back for ever.
  const burst = Math.max(rate * BURST_S, config.maxBodyMib * MIB + REQUEST_BYTES)
  const quota = rate > 0 ? tokenBucket({ perSecond: rate, burst, clock }) : null
  // Who sends no key guesses at none: only wrong ones are counted.
  const unknown = (credential: string | undefined, address: string) => {
    if (!credential) return unauthenticated('it needs a key, as "Authorization: Bearer plb_…" or "x-api-key: plb_…"')
    const waitS = failures.take(address)
    if (waitS > 0) return tooMany('too many requests with a wrong key came from this address', waitS)
    return unauthenticated('its key is unknown or was revoked. Make one with `plumbline key`')
  }
  return async ({ credential, address, bytes }) => {
    const caller = await authenticate({ state, clock }, credential)
    if (caller === null) throw unknown(credential, address)
    if (!allows(caller, 'ingest'))
      throw new Refusal(403, 'cannot take the request: its key has no scope "ingest". Make one with `plumbline key`')
    const waitS = quota?.take(caller.id, Math.min(burst, bytes + REQUEST_BYTES)) ?? 0
    if (waitS > 0)
      throw tooMany(`its key sends more than ${config.keyMibPerSecond} MiB a second`, Math.min(MAX_WAIT_S, waitS))
  }
}

const unauthenticated = (cause: string): Refusal =>
  new Refusal(401, `cannot take the request: ${cause}`, { headers: { 'www-authenticate': 'Bearer realm="plumbline"' } })

const tooMany = (cause: string, waitS: number): Refusal =>
  new Refusal(429, `cannot take the request now: ${cause}`, { retryAfterS: Math.ceil(waitS) })
