import { REDACTED_ATTRIBUTE } from '../../../shared/model/redaction.ts'
import { VARYING_ATTRIBUTES } from '../../../shared/model/series-identity.ts'
import { isSensitiveKey } from '../../../shared/security/redact.ts'

/** What an attribute means to our own columns. Older names of the semantic conventions share the role of the newer. */
export const METHOD = 1
export const HTTP_ROUTE = 2
export const URL_TEMPLATE = 3
export const HTTP_STATUS = 4
export const RPC_SERVICE = 5
export const RPC_METHOD = 6
export const RPC_STATUS = 7
export const DESTINATION = 8
export const DESTINATION_TEMPLATE = 9
export const MESSAGING_SYSTEM = 10
export const DB_SYSTEM = 11
export const DB_OPERATION = 12
export const DB_COLLECTION = 13
export const DB_SUMMARY = 14
export const PEER_SERVICE = 15
export const ADDRESS = 16
export const PORT = 17
export const EXCEPTION_TYPE = 18
/** Which build or process sent a data point. */
export const VARYING = 19
/** The rules of redaction that masked something in the item: ours, or of another Plumbline before. */
export const REDACTED = 20
export const ROLES = 21
/** A flag beside the role: the value is masked. */
export const SENSITIVE = 0x80

const SPAN_ROLES = new Map<string, number>([
  ['http.request.method', METHOD],
  ['http.method', METHOD],
  ['http.route', HTTP_ROUTE],
  ['url.template', URL_TEMPLATE],
  ['http.response.status_code', HTTP_STATUS],
  ['http.status_code', HTTP_STATUS],
  ['rpc.service', RPC_SERVICE],
  ['rpc.method', RPC_METHOD],
  ['rpc.grpc.status_code', RPC_STATUS],
  ['rpc.response.status_code', RPC_STATUS],
  ['messaging.destination.name', DESTINATION],
  ['messaging.destination', DESTINATION],
  ['messaging.destination.template', DESTINATION_TEMPLATE],
  ['messaging.system', MESSAGING_SYSTEM],
  ['db.system.name', DB_SYSTEM],
  ['db.system', DB_SYSTEM],
  ['db.operation.name', DB_OPERATION],
  ['db.operation', DB_OPERATION],
  ['db.collection.name', DB_COLLECTION],
  ['db.sql.table', DB_COLLECTION],
  ['db.query.summary', DB_SUMMARY],
  ['peer.service', PEER_SERVICE],
  ['service.peer.name', PEER_SERVICE],
  ['server.address', ADDRESS],
  ['net.peer.name', ADDRESS],
  ['server.port', PORT],
  ['net.peer.port', PORT],
  ['exception.type', EXCEPTION_TYPE],
  [REDACTED_ATTRIBUTE, REDACTED],
])

/** The flags of an attribute key of a span, an event or a log record: its role, and whether its value is masked. */
export const classifyKey = (key: string): number => (SPAN_ROLES.get(key) ?? 0) | (isSensitiveKey(key) ? SENSITIVE : 0)

const VARYING_KEYS = new Set(VARYING_ATTRIBUTES)

/** The flags of an attribute key of a data point. */
export const classifyPointKey = (key: string): number =>
  (VARYING_KEYS.has(key) ? VARYING : 0) | (isSensitiveKey(key) ? SENSITIVE : 0)
