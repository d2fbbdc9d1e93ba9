import type { Outcome } from './channel.ts'

/** The target is not one that may be reached. */
export class RefusedError extends Error {
  override name = 'RefusedError'
}

export class TimeoutError extends Error {
  override name = 'TimeoutError'
}

/** Why a try brought no status. The message is for people; it holds neither the URL nor what was answered. */
export type Failure = { kind: 'network' | 'timeout' | 'tls' | 'refused'; message: string }

const TLS_CODES = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'HOSTNAME_MISMATCH',
  'EPROTO',
  'ETLS',
])

const WORDS: Record<string, string> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the name server did not answer',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  EPIPE: 'the connection was closed',
  ETIMEDOUT: 'the connection timed out',
}

export function failureOf(error: unknown): Failure {
  const e = error as NodeJS.ErrnoException & { errors?: NodeJS.ErrnoException[] }
  const code = e.code ?? e.errors?.[0]?.code ?? ''
  if (e instanceof RefusedError) return { kind: 'refused', message: e.message }
  if (e instanceof TimeoutError || code === 'ETIMEDOUT' || code === 'ESOCKETTIMEDOUT')
    return { kind: 'timeout', message: e instanceof TimeoutError ? e.message : 'it timed out' }
  if (/is not allowed\. Because/.test(e.message ?? ''))
    return { kind: 'refused', message: 'cannot use this URL: its host has an address that is not public' }
  if (TLS_CODES.has(code) || /^(CERT_|ERR_TLS|ERR_SSL)/.test(code))
    return { kind: 'tls', message: `TLS failed (${code}). Check the certificate of the receiver` }
  return { kind: 'network', message: `${WORDS[code] ?? 'it could not be reached'}${code ? ` (${code})` : ''}` }
}

/** Network trouble passes; a wrong certificate or a refused address does not. */
export const outcomeOf = (failure: Failure): Outcome =>
  failure.kind === 'network' || failure.kind === 'timeout' ? 'retry' : 'dead'
