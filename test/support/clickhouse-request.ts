import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import type { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { exception } from './clickhouse-status.ts'

/** One request as the HTTP interface of a ClickHouse server reads it. */
export type FrontRequest = {
  /** Without the data of an insert. */
  sql: string
  /** Holds the data of an insert; null where there is none. */
  dataFile: string | null
  database: string
  format: string
  settings: [name: string, value: string][]
  params: [name: string, value: string][]
  queryId: string
  /** The client takes gzip and asked for it. */
  gzip: boolean
  user: string
  password: string
}

/** Limits of a server as it is shipped: http_max_uri_size, http_max_field_value_size. */
export const MAX_URI_BYTES = 1024 * 1024
const MAX_FIELD_BYTES = 128 * 1024

/** URL parameters that are no settings: HTTPHandler.cpp of the server. */
const RESERVED = new Set([
  ...['query', 'database', 'default_format', 'query_id', 'user', 'password', 'quota_key', 'role', 'session_id'],
  ...['session_timeout', 'session_check', 'close_session', 'compress', 'decompress', 'stacktrace', 'buffer_size'],
  ...['wait_end_of_query', 'client_protocol_version', 'enable_http_compression'],
])

const INSERT_OF_DATA = /^\s*INSERT\b[\s\S]*\bFORMAT\s+\w+\s*$/i

/** Reads the request whole; its body goes, decompressed, to `file`. @throws EngineError, or the error of a torn body */
export async function readRequest(request: IncomingMessage, file: string): Promise<FrontRequest> {
  const url = new URL(request.url ?? '/', 'http://front')
  checkFields(url.search.slice(1))
  const form = await readBody(request, file)
  const all = [...url.searchParams, ...form.fields]
  const value = (name: string) => all.find(([key]) => key === name)?.[1] ?? ''
  const inUrl = value('query')
  const isInsert = INSERT_OF_DATA.test(inUrl)
  const text = form.fields.length > 0 || isInsert ? '' : await readFile(file, 'utf8')
  const header = (name: string) => String(request.headers[name] ?? '')
  const settings = all.filter(([key]) => key !== '' && !RESERVED.has(key) && !key.startsWith('param_'))
  if (request.method === 'GET' && !settings.some(([key]) => key === 'readonly')) settings.push(['readonly', '2'])
  const accepts = header('accept-encoding').includes('gzip')
  return {
    sql: [inUrl, text].filter((part) => part !== '').join('\n'),
    dataFile: isInsert ? file : null,
    database: header('x-clickhouse-database') || value('database'),
    format: header('x-clickhouse-format') || value('default_format') || 'TabSeparated',
    settings,
    params: all.filter(([key]) => key.startsWith('param_')).map(([key, text]) => [key.slice(6), text]),
    queryId: value('query_id') || header('x-clickhouse-query-id') || crypto.randomUUID(),
    gzip: accepts && value('enable_http_compression') === '1',
    ...credentials(request, value),
  }
}

/** The server measures fields as they stand in the address, before it decodes them. */
function checkFields(search: string): void {
  const long = search.split('&').find((field) => field.length - field.indexOf('=') - 1 > MAX_FIELD_BYTES)
  if (long !== undefined) throw fieldTooLong()
}

const fieldTooLong = () => exception(1000, 'POCO_EXCEPTION', 'HTML Form Exception: Field value too long')

async function readBody(request: IncomingMessage, file: string): Promise<{ fields: [string, string][] }> {
  await pipeline([request, ...decompressors(request), createWriteStream(file)])
  const type = String(request.headers['content-type'] ?? '')
  if (!type.startsWith('multipart/form-data')) return { fields: [] }
  const form = await new Response(await readFile(file), { headers: { 'content-type': type } }).formData()
  const fields = [...form].map(([name, value]): [string, string] => [name, String(value)])
  if (fields.some(([, value]) => Buffer.byteLength(value) > MAX_FIELD_BYTES)) throw fieldTooLong()
  return { fields }
}

function decompressors(request: IncomingMessage): Transform[] {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding === 'identity') return []
  if (encoding === 'gzip') return [createGunzip()]
  if (encoding === 'deflate') return [createInflate()]
  if (encoding === 'br') return [createBrotliDecompress()]
  throw exception(48, 'NOT_IMPLEMENTED', `Unknown compression method ${encoding}`)
}

function credentials(request: IncomingMessage, value: (name: string) => string): { user: string; password: string } {
  const basic = /^Basic (.*)$/.exec(request.headers.authorization ?? '')?.[1]
  const [, user, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(basic ?? '', 'base64').toString()) ?? []
  return {
    user: String(request.headers['x-clickhouse-user'] ?? user ?? (value('user') || 'default')),
    password: String(request.headers['x-clickhouse-key'] ?? password ?? value('password')),
  }
}
