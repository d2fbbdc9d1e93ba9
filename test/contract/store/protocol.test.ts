import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openServer } from '../../../shared/store/server.ts'
import { openTestServer, type TestServer } from '../../support/clickhouse-server.ts'
import { send } from '../../support/raw-http.ts'

/** What the stand-in of a server must answer as a server does; on a true server this shows that it does. */
describe('the HTTP interface of ClickHouse', () => {
  let server: TestServer
  let base: URL

  beforeAll(async () => {
    server = await openTestServer()
    await (await openServer(server.url)).close()
    base = new URL(server.url)
  })
  afterAll(() => server.close())

  type Asked = {
    params?: Record<string, string>
    method?: string
    body?: Buffer | string
    headers?: Record<string, string>
  }

  /** One request with the right user, whose answer is left as it came. */
  async function ask({ params = {}, method = 'POST', body, headers = {} }: Asked) {
    const query = new URLSearchParams({ database: base.pathname.slice(1), ...params })
    const user = `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`
    const authorization = `Basic ${Buffer.from(user).toString('base64')}`
    return send(`${base.origin}/?${query}`, {
      method,
      headers: { authorization, ...headers },
      ...(body !== undefined && { body }),
    })
  }

  it.each(['/', '/ping'])('says Ok. at %s to whoever asks', async (path) => {
    const answer = await fetch(`${base.origin}${path}`)
    expect([answer.status, await answer.text()]).toEqual([200, 'Ok.\n'])
  })

  it('answers with the query id, the format and what was read', async () => {
    const answer = await ask({ params: { query_id: 'mine', default_format: 'JSONEachRow' }, body: 'SELECT 1 AS one' })
    expect(answer.body.toString()).toBe('{"one":1}\n')
    expect(answer.headers['x-clickhouse-query-id']).toBe('mine')
    expect(answer.headers['x-clickhouse-format']).toBe('JSONEachRow')
    expect(JSON.parse(String(answer.headers['x-clickhouse-summary']))).toMatchObject({ read_rows: '1' })
  })

  it.each([
    ['SELECT * FROM no_such_table', 404, 60],
    ['SELECT no_such_column', 404, 47],
    ['SELEC 1', 400, 62],
    ['SELECT 1; SELECT 2', 400, 62],
    ["SELECT throwIf(1, 'so be it')", 500, 395],
  ])('refuses %s with status %i and code %i', async (body, status, code) => {
    const answer = await ask({ params: { wait_end_of_query: '1' }, body })
    expect([answer.status, answer.headers['x-clickhouse-exception-code']]).toEqual([status, String(code)])
    expect(answer.body.toString()).toMatch(new RegExp(`^Code: ${code}\\. DB::Exception: .*\\([A-Z_]+\\)`, 's'))
  })

  it('refuses a wrong password, and a setting that is none', async () => {
    const authorization = `Basic ${Buffer.from('nobody:wrong').toString('base64')}`
    const refused = await ask({ body: 'SELECT 1', headers: { authorization } })
    expect([refused.status, refused.headers['x-clickhouse-exception-code']]).toEqual([403, '516'])
    const unknown = await ask({ params: { no_such_setting: '1' }, body: 'SELECT 1' })
    expect([unknown.status, unknown.headers['x-clickhouse-exception-code']]).toEqual([404, '115'])
  })

  it('lets GET only read, and forgets settings with their request', async () => {
    const write = await ask({ method: 'GET', params: { query: 'CREATE TABLE got (a Int8) ENGINE = Memory' } })
    expect(write.headers['x-clickhouse-exception-code']).toBe('164')
    const asked = "SELECT getSetting('max_rows_to_read'), getSetting('readonly')"
    expect((await ask({ params: { max_rows_to_read: '9', readonly: '1' }, body: asked })).body.toString()).toBe(
      '9\t1\n',
    )
    expect((await ask({ body: asked })).body.toString()).toBe('0\t0\n')
  })

  it('takes a gzip body, and answers in gzip only where that is asked for and taken', async () => {
    const zipped = { body: gzipSync('SELECT 7'), headers: { 'content-encoding': 'gzip', 'accept-encoding': 'gzip' } }
    const plain = await ask(zipped)
    expect([plain.headers['content-encoding'], plain.body.toString()]).toEqual([undefined, '7\n'])
    const answer = await ask({ ...zipped, params: { enable_http_compression: '1' } })
    expect(answer.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(answer.body).toString()).toBe('7\n')
  })

  it('refuses a parameter of more than 128 KiB in the address', async () => {
    const answer = await ask({ params: { param_long: 'x'.repeat(140_000) }, body: 'SELECT 1' })
    expect(answer.status).toBeGreaterThanOrEqual(400)
  })
})
