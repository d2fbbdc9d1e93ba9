import type { Attributes } from './attributes.ts'
import {
  ADDRESS,
  DB_COLLECTION,
  DB_OPERATION,
  DB_SUMMARY,
  DB_SYSTEM,
  DESTINATION,
  DESTINATION_TEMPLATE,
  HTTP_ROUTE,
  HTTP_STATUS,
  MESSAGING_SYSTEM,
  METHOD,
  PEER_SERVICE,
  PORT,
  RPC_METHOD,
  RPC_SERVICE,
  RPC_STATUS,
  URL_TEMPLATE,
} from './roles.ts'

export const KIND_INTERNAL = 1
export const KIND_SERVER = 2
export const KIND_CLIENT = 3
export const KIND_PRODUCER = 4
export const KIND_CONSUMER = 5

/** The longest part of a route or peer that is kept, in bytes. */
const MAX_PART = 256
/** gRPC status codes that are the server's fault, of the semantic conventions for RPC server spans. */
const FAULT_CODES = new Set([2, 4, 12, 13, 14, 15])
const FAULT_NAMES = ['UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS']

/**
 * Derives our own columns of a span from the attributes that were just read: route, peer, status. Only names of low
 * cardinality are used: templates and operations, never a URL or a path.
 */
export class Derived {
  /** The composed text; valid until the next one. */
  readonly text = new Uint8Array(2 * MAX_PART + 8)
  used = 0
  readonly #attributes: Attributes
  #buf: Uint8Array = new Uint8Array(0)

  constructor(attributes: Attributes) {
    this.#attributes = attributes
  }

  /** Composes the route of a span; false where it has none but its own name. */
  route(buf: Uint8Array, isEntry: boolean, kind: number): boolean {
    this.#buf = buf
    this.used = 0
    const a = this.#attributes
    if (isEntry && a.hasText(HTTP_ROUTE)) return this.#pair(METHOD, 32, HTTP_ROUTE)
    if (kind === KIND_CLIENT && a.hasText(URL_TEMPLATE)) return this.#pair(METHOD, 32, URL_TEMPLATE)
    if (!isEntry && kind !== KIND_CLIENT && kind !== KIND_PRODUCER) return false
    if (a.hasText(RPC_METHOD)) return this.#pair(RPC_SERVICE, 47, RPC_METHOD)
    if (kind === KIND_CLIENT && a.hasText(DB_SUMMARY)) return this.#add(DB_SUMMARY)
    if (kind === KIND_CLIENT && a.hasText(DB_OPERATION)) return this.#pair(DB_OPERATION, 32, DB_COLLECTION)
    if (a.hasText(DESTINATION_TEMPLATE)) return this.#add(DESTINATION_TEMPLATE)
    if (a.hasText(DESTINATION)) return this.#add(DESTINATION)
    return false
  }

  /** Composes the far side of a client or producer span; false where nothing names it. */
  peer(buf: Uint8Array): boolean {
    this.#buf = buf
    this.used = 0
    const a = this.#attributes
    if (a.hasText(PEER_SERVICE)) return this.#add(PEER_SERVICE)
    if (a.hasText(ADDRESS)) {
      this.#add(ADDRESS)
      const port = a.number(PORT)
      if (port > 0) for (const char of `:${port}`) this.text[this.used++] = char.charCodeAt(0)
      return true
    }
    if (a.hasText(DB_SYSTEM)) return this.#add(DB_SYSTEM)
    return a.hasText(MESSAGING_SYSTEM) && this.#add(MESSAGING_SYSTEM)
  }

  /** HTTP status of the span, 0 where it has none. */
  httpStatus(): number {
    const status = this.#attributes.number(HTTP_STATUS)
    return status > 0 && status < 1000 ? status : 0
  }

  /** Whether the RPC status says that the server was at fault. */
  rpcFault(buf: Uint8Array): boolean {
    const a = this.#attributes
    if (FAULT_CODES.has(a.number(RPC_STATUS))) return true
    return a.hasText(RPC_STATUS) && FAULT_NAMES.some((name) => this.#is(buf, RPC_STATUS, name))
  }

  #is(buf: Uint8Array, role: number, text: string): boolean {
    const from = this.#attributes.roleFrom[role]!
    if (this.#attributes.roleTo[role]! - from !== text.length) return false
    for (let i = 0; i < text.length; i++) if (buf[from + i] !== text.charCodeAt(i)) return false
    return true
  }

  #pair(first: number, between: number, second: number): true {
    const a = this.#attributes
    if (a.hasText(first)) {
      this.#add(first)
      if (a.hasText(second)) this.text[this.used++] = between
    }
    if (a.hasText(second)) this.#add(second)
    return true
  }

  #add(role: number): true {
    const from = this.#attributes.roleFrom[role]!
    const to = Math.min(this.#attributes.roleTo[role]!, from + MAX_PART)
    const { text } = this
    let at = this.used
    for (let i = from; i < to; i++) text[at++] = this.#buf[i]!
    this.used = at
    return true
  }
}
