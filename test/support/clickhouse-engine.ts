import { Session } from 'chdb'
import { splitStatements } from '../../shared/store/migrate.ts'
import type { FrontRequest } from './clickhouse-request.ts'
import { EngineError, exception } from './clickhouse-status.ts'

export type Answered = { bytes: Uint8Array; rowsRead: number; bytesRead: number; elapsedS: number }

const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

/** `INSERT … FORMAT X` with its data in a file, as the engine inside a process takes it. */
function withFile(sql: string, file: string): string {
  if (/\binput\s*\(/i.test(sql)) {
    const [, format = ''] = /\bFORMAT\s+(\w+)\s*$/i.exec(sql) ?? []
    const select = sql.replace(/\bFORMAT\s+\w+\s*$/i, '')
    return select.replace(/\binput\s*\(/i, `file(${quote(file)}, ${quote(format)}, `)
  }
  return sql.replace(/(\bSETTINGS\b[\s\S]*)?\bFORMAT\s+\w+\s*$/i, (tail) => `FROM INFILE ${quote(file)} ${tail}`)
}

/**
 * The engine behind the front. Each request has a connection of its own, so that its database, settings and parameters end
 * with it, as they do on a server.
 */
export class FrontEngine {
  readonly #dir: string
  readonly #keeper: Session
  readonly #running = new Set<string>()

  constructor(dir: string) {
    this.#dir = dir
    this.#keeper = new Session(dir)
  }

  async version(): Promise<string> {
    return (await this.#keeper.queryAsync('SELECT version()', { format: 'TSVRaw' })).text().trim()
  }

  /** Runs one statement. @throws EngineError */
  async run(request: FrontRequest): Promise<Answered> {
    if (request.sql.trim() === '')
      throw exception(62, 'SYNTAX_ERROR', 'Syntax error: failed at position 1: Empty query')
    if (request.dataFile === null && splitStatements(request.sql).length > 1)
      throw exception(62, 'SYNTAX_ERROR', 'Syntax error (Multi-statements are not allowed)')
    if (this.#running.has(request.queryId))
      throw exception(
        216,
        'QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING',
        `Query with id = ${request.queryId} is already running`,
      )
    this.#running.add(request.queryId)
    const session = new Session(this.#dir)
    try {
      await prepare(session, request)
      const sql = request.dataFile === null ? request.sql : withFile(request.sql, request.dataFile)
      const result = await session.queryAsync(sql, { format: request.format })
      return {
        bytes: result.bytes(),
        rowsRead: result.rowsRead,
        bytesRead: result.bytesRead,
        elapsedS: result.elapsed,
      }
    } catch (error) {
      throw error instanceof EngineError ? error : new EngineError(String((error as Error).message))
    } finally {
      session.close()
      this.#running.delete(request.queryId)
    }
  }

  /** What a server does with `cancel_http_readonly_queries_on_client_close` when the client of a read has gone. */
  async cancel({ queryId, settings }: FrontRequest): Promise<void> {
    const setting = (name: string) => Number(settings.find(([key]) => key === name)?.[1] ?? 0)
    if (setting('readonly') === 0 || setting('cancel_http_readonly_queries_on_client_close') === 0) return
    await this.#keeper.queryAsync(`KILL QUERY WHERE Settings['log_comment'] = ${quote(queryId)} ASYNC`)
  }

  close(): void {
    this.#keeper.close()
  }
}

/** The engine in a process makes its own query ids; ours stands in log_comment, by which a running query is found. */
async function prepare(session: Session, request: FrontRequest): Promise<void> {
  const { database, params, queryId } = request
  if (database !== '') await session.queryAsync(`USE \`${database.replaceAll('`', '``')}\``)
  for (const [name, value] of params) await session.queryAsync(`SET param_${name} = ${quote(value)}`)
  const settings = [['log_comment', queryId] as const, ...request.settings]
  await session.queryAsync(`SET ${settings.map(([name, value]) => `${name} = ${quote(value)}`).join(', ')}`)
}
