import ipaddr from 'ipaddr.js'

/** Null when a target may be used, or the sentence that says why not and what to do. */
export type Refusal = string | null

/** Public by the registry, yet Azure's own host services answer there. */
export const DENIED_ADDRESSES: readonly string[] = ['168.63.129.16']

const WELL_KNOWN_PORTS = new Set([80, 443, 8080, 8443])
const MAIL_PORTS = new Set([25, 465, 587, 2525])

type Cidr = [ipaddr.IPv4 | ipaddr.IPv6, number]

function parseCidr(text: string): Cidr {
  try {
    return text.includes('/') ? ipaddr.parseCIDR(text) : [ipaddr.parse(text), text.includes(':') ? 128 : 32]
  } catch {
    throw new Error(
      `cannot use PLUMBLINE_ALLOW_PRIVATE_TARGETS: "${text}" is no network. Write it as 10.1.0.0/16, several with commas`,
    )
  }
}

/** The operator's networks as CIDRs. @throws Error naming the setting when one is malformed */
export function allowedNetworks(texts: readonly string[]): Cidr[] {
  return texts.map(parseCidr)
}

const within = (address: ipaddr.IPv4 | ipaddr.IPv6, networks: readonly Cidr[]) =>
  networks.some(([base, bits]) => base.kind() === address.kind() && address.match(base as never, bits))

/** Judges one address. Only global unicast passes, and what the operator allowed. */
export function refuseAddress(text: string, allow: readonly string[]): Refusal {
  const bare = text.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
  if (!ipaddr.isValid(bare)) return `cannot reach ${text}: it is no IP address`
  const address = ipaddr.parse(bare)
  if (within(address, allowedNetworks(allow))) return null
  if (isGlobal(address) && !DENIED_ADDRESSES.includes(address.toString())) return null
  const plain = address.toString()
  return `${plain} is not a public address (${address.range()}). Where it is yours, allow it in the settings of the server: PLUMBLINE_ALLOW_PRIVATE_TARGETS=${suggestion(address)}`
}

/** IANA gives out 2000::/3 alone; `::127.0.0.1` and its like count as unicast elsewhere. */
const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3')

const isGlobal = (address: ipaddr.IPv4 | ipaddr.IPv6) =>
  address.range() === 'unicast' && (address.kind() === 'ipv4' || address.match(GLOBAL_IPV6 as never))

function suggestion(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  if (address.range() === 'loopback') return address.kind() === 'ipv4' ? '127.0.0.0/8' : '::1/128'
  return `${address.toString()}/${address.kind() === 'ipv4' ? 32 : 128}`
}

/** `localhost` is an address, whatever a name server says; IPv4 unless only ::1 was allowed. */
export function literalOf(hostname: string, allow: readonly string[]): string | null {
  const bare = hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
  if (ipaddr.isValid(bare)) return bare
  if (bare !== 'localhost' && !bare.endsWith('.localhost')) return null
  return refuseAddress('127.0.0.1', allow) !== null && refuseAddress('::1', allow) === null ? '::1' : '127.0.0.1'
}

/**
 * Judges a URL before anything connects to it: form, scheme, port, and the address where it is written as one. Names are
 * judged when they are looked up. `URL` has already turned `0x7f.1`, `2130706433` and `①②⑦.0.0.1` into dotted form.
 */
export function refuseTarget(text: string, allow: readonly string[], kind: 'http' | 'smtp' = 'http'): Refusal {
  let url: URL
  try {
    url = new URL(kind === 'smtp' ? text.replace(/^smtp(s?):/i, 'http$1:') : text)
  } catch {
    return 'cannot use this URL: it cannot be read. Write it whole, as https://example.com/hook'
  }
  const schemes = kind === 'smtp' ? /^smtps?:/i : /^https?:/i
  if (!schemes.test(text.trim()))
    return `cannot use this URL: it must begin with ${kind === 'smtp' ? 'smtp:// or smtps://' : 'https:// or http://'}`
  if (url.password !== '' || (url.username !== '' && kind === 'http'))
    return 'cannot use this URL: it holds a user name or password. Give it as the channel\'s "secret" instead'
  if (url.hostname === '') return 'cannot use this URL: it names no host'
  const literal = literalOf(url.hostname, allow)
  const refused = literal === null ? null : refuseAddress(literal, allow)
  if (refused !== null) return `cannot use this URL: ${refused}`
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  const isMail = kind === 'smtp' && (url.port === '' || MAIL_PORTS.has(port))
  if (!isMail && !WELL_KNOWN_PORTS.has(port) && !(port >= 1024 && allow.length > 0))
    return `cannot use this URL: port ${port} is not one that webhooks use (80, 443, 8080, 8443). Ports from 1024 open where PLUMBLINE_ALLOW_PRIVATE_TARGETS is set, for example to 127.0.0.0/8`
  return null
}
