import { REDACTION_RULES, type RedactionRule } from '../model/redaction.ts'
import { findCards, mayHoldCard } from './redact-card.ts'

/**
 * Secrets in telemetry: by the name of the attribute, and by the look of a value. `Text.put` notes values that
 * hold a byte from which one of the patterns can be told, so most values are never looked at here.
 */
export const RULES = Object.keys(REDACTION_RULES) as RedactionRule[]
export type Rule = RedactionRule

const SENSITIVE = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie', 'x-api-key', 'api-key'])

/** Whether a value is masked whatever it looks like: `authorization`, or `http.request.header.authorization`. */
export const isSensitiveKey = (key: string): boolean =>
  SENSITIVE.has(
    key
      .slice(key.lastIndexOf('.') + 1)
      .toLowerCase()
      .replaceAll('_', '-'),
  )

export type Found = { from: number; to: number; rule: Rule }

const isAlnum = (c: number): boolean => (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122)
const isUpperAlnum = (c: number): boolean => (c >= 48 && c <= 57) || (c >= 65 && c <= 90)
const isToken = (c: number): boolean => isAlnum(c) || c === 95 || c === 45

const runEnd = (b: Uint8Array, from: number, to: number, is: (c: number) => boolean): number => {
  let end = from
  while (end < to && is(b[end]!)) end++
  return end
}

const stands = (b: Uint8Array, at: number, from: number, to: number, text: string): boolean => {
  if (at < from || at + text.length > to) return false
  for (let i = 0; i < text.length; i++) if (b[at + i] !== text.charCodeAt(i)) return false
  return true
}

/** A secret told by byte `i`; none (null); or none before a place, by this look. */
type Look = (b: Uint8Array, i: number, from: number, to: number) => Found | number | null

const aws: Look = (b, i, from, to) => {
  if (!stands(b, i - 1, from, to, 'AKIA')) return null
  const end = runEnd(b, i + 3, Math.min(to, i + 20), isUpperAlnum)
  return end - (i + 3) === 16 ? { from: i - 1, to: end, rule: 'aws_access_key_id' } : null
}

const underscore: Look = (b, i, from, to) => {
  if (stands(b, i - 6, from, to, 'github_pat_')) {
    const end = runEnd(b, i + 5, to, isToken)
    if (end - (i + 5) >= 22) return { from: i - 6, to: end, rule: 'github_token' }
  }
  if (i - 3 >= from && b[i - 3] === 103 && b[i - 2] === 104 && 'pousr'.includes(String.fromCharCode(b[i - 1]!))) {
    const end = runEnd(b, i + 1, to, isAlnum)
    if (end - i > 36) return { from: i - 3, to: end, rule: 'github_token' }
  }
  if (stands(b, i - 2, from, to, 'sk_live_') || stands(b, i - 2, from, to, 'rk_live_')) {
    const end = runEnd(b, i + 6, to, isAlnum)
    if (end - (i + 6) >= 10) return { from: i - 2, to: end, rule: 'stripe_live_key' }
  }
  return null
}

/** No other token can begin in a run that failed, so the run is not looked at again. */
const jwt: Look = (b, i, from, to) => {
  if (!stands(b, i - 2, from, to, 'eyJ')) return null
  const head = runEnd(b, i + 1, to, isToken)
  const claims = head < to && b[head] === 46 ? runEnd(b, head + 1, to, isToken) : head
  if (head - i < 8 || claims - head < 8) return head
  const end = claims < to && b[claims] === 46 ? runEnd(b, claims + 1, to, isToken) : claims
  return { from: i - 2, to: end, rule: 'jwt' }
}

const privateKey: Look = (b, i, from, to) => {
  if (!stands(b, i - 5, from, to, '-----BEGIN ')) return null
  for (let k = i; k < Math.min(to, i + 48); k++) {
    if (!stands(b, k, from, to, 'PRIVATE KEY')) continue
    let end = k
    while (end < to && !stands(b, end, from, to, '-----END ')) end++
    return { from: i - 5, to: end, rule: 'private_key' }
  }
  return null
}

const WEBHOOK = 'hooks.slack.com/services/'
const isPath = (c: number): boolean => isToken(c) || c === 47

/** Told by the B of its second part: services/T…/B…/…, with nothing between that is no path. */
const slackWebhook: Look = (b, i, from, to) => {
  if (i === from || b[i - 1] !== 47) return null
  for (let k = i - 2; k >= from && i - k < 64; k--) {
    if (!stands(b, k, from, to, WEBHOOK)) continue
    if (runEnd(b, k + WEBHOOK.length, i, isPath) < i) return null
    return { from: k + WEBHOOK.length, to: runEnd(b, i, to, isPath), rule: 'slack_webhook' }
  }
  return null
}

const slack: Look = (b, i, from, to) => {
  if (!stands(b, i, from, to, 'xox') || i + 5 > to || b[i + 4] !== 45) return null
  if (!'baprs'.includes(String.fromCharCode(b[i + 3]!))) return null
  const end = runEnd(b, i + 5, to, isToken)
  return end - i >= 15 ? { from: i, to: end, rule: 'slack_token' } : null
}

const userinfo: Look = (b, i, from) => {
  let colon = -1
  for (let k = i - 1; k > from + 1 && i - k < 256; k--) {
    const c = b[k]!
    if (c === 47)
      return colon > 0 && b[k - 1] === 47 && b[k - 2] === 58 ? { from: k + 1, to: i, rule: 'url_userinfo' } : null
    if (c <= 32 || c === 64) return null
    if (c === 58) colon = k
  }
  return null
}

/** By the byte from which a pattern is told. */
const LOOKS = new Map<string, Look>([
  ['K', aws],
  ['_', underscore],
  ['J', jwt],
  ['B', (b, i, from, to) => privateKey(b, i, from, to) ?? slackWebhook(b, i, from, to)],
  ['x', slack],
  ['@', userinfo],
])
const LOOK_AT: (Look | undefined)[] = Array.from({ length: 256 }, (_, byte) => LOOKS.get(String.fromCharCode(byte)))
const TELLS = Uint8Array.from(LOOK_AT, (look) => (look === undefined ? 0 : 1))

const NOTHING_FOUND: Found[] = []

/** Tokens and credentials, in order: what `Text.put` can tell by a byte. */
export const findTokens = (b: Uint8Array, from: number, to: number): Found[] => {
  let found = NOTHING_FOUND
  let after = from
  let noTokenBefore = from
  for (let i = from; i < to; i++) {
    if (TELLS[b[i]!] === 0 || i < after) continue
    const look = LOOK_AT[b[i]!]!
    if (look === jwt && i < noTokenBefore) continue
    const hit = look(b, i, after, to)
    if (typeof hit === 'number') noTokenBefore = hit
    else if (hit !== null) {
      if (found === NOTHING_FOUND) found = []
      found.push(hit)
      after = hit.to
    }
  }
  return found
}

/** The secrets in a text, in order and apart: tokens, credentials, and card numbers. */
export const findSecrets = (b: Uint8Array, from: number, to: number): Found[] => {
  const tokens = findTokens(b, from, to)
  const cards = findCards(b, from, to).filter((card) => !tokens.some((t) => card.from < t.to && t.from < card.to))
  if (cards.length === 0) return tokens
  return [...tokens, ...cards.map((card) => ({ ...card, rule: 'card_number' as const }))].sort(
    (x, y) => x.from - y.from,
  )
}

/** Whether bytes that are no single text, as a whole body, may hold a secret: only a look at each text can tell. */
export const mayHoldSecret = (b: Uint8Array): boolean =>
  findTokens(b, 0, b.length).length > 0 || mayHoldCard(b, 0, b.length)

export const MASK = Uint8Array.from('[redacted]', (c) => c.charCodeAt(0))

/** The value with each secret replaced by the mask. */
export const masked = (b: Uint8Array, from: number, to: number, found: Found[]): Uint8Array => {
  const out: number[] = []
  let at = from
  for (const hit of found) {
    for (; at < hit.from; at++) out.push(b[at]!)
    out.push(...MASK)
    at = hit.to
  }
  for (; at < to; at++) out.push(b[at]!)
  return Uint8Array.from(out)
}
