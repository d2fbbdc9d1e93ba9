import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type IngestBed, openIngest } from '../../support/ingest.ts'
import { encodeRequest, text } from '../../support/otlp.ts'
import { until } from '../../support/wait.ts'

const AWS = 'AKIAIOSFODNN7EXAMPLE'
const SECRETS = [AWS, 'sid=hunter2', `ghp_${'a1'.repeat(18)}`, 'me:hunter2pass']

let bed: IngestBed
let isDown = false
beforeAll(async () => {
  bed = await openIngest({
    wrap: (store) => ({
      ...store,
      insertNative: (block) => (isDown ? Promise.reject(new Error('the engine is down')) : store.insertNative(block)),
    }),
  })
})
afterAll(() => bed.close())

/** Ingest's log, and whatever else lies in the data folder. Columns are compressed there, so tables are asked by SQL. */
function filesWith(part: string): string[] {
  const walk = (folder: string): string[] =>
    readdirSync(folder).flatMap((name) => {
      const path = join(folder, name)
      if (statSync(path).isDirectory()) return walk(path)
      return readFileSync(path).includes(part) ? [path] : []
    })
  return walk(bed.dir)
}

const now = String(BigInt(Date.now()) * 1_000_000n)
const logRecord = {
  timeUnixNano: now,
  body: { stringValue: `got ${AWS} from https://me:hunter2pass@db` },
  attributes: [text('cookie', 'sid=hunter2'), text(`key-ghp_${'a1'.repeat(18)}`, 'x')],
}
const request = {
  resourceLogs: [
    { resource: { attributes: [text('service.name', 'shop')] }, scopeLogs: [{ scope: {}, logRecords: [logRecord] }] },
  ],
}
const post = async (type: string, body: string | Uint8Array<ArrayBuffer>) => {
  const response = await fetch(`${bed.http}/v1/logs`, { method: 'POST', headers: { 'content-type': type }, body })
  expect(response.status).toBe(200)
}
const bodies = {
  protobuf: ['application/x-protobuf', new Uint8Array(encodeRequest('logs', request))] as const,
  json: ['application/json', JSON.stringify(request)] as const,
}
const ROWS = 'SELECT Body, Redacted, mapSort(LogAttributes) AS attributes FROM otel_logs ORDER BY Timestamp'

describe('a body with secrets', () => {
  it('leaves none of them in the data folder or the tables, and is counted by rule', async () => {
    await post(...bodies.protobuf)
    await post(...bodies.json)
    const rows = await bed.rows<Record<string, unknown>>(ROWS, 2)
    expect(rows[0]).toEqual(rows[1])
    expect(rows[0]).toMatchObject({
      Body: 'got [redacted] from https://[redacted]@db',
      Redacted: 'sensitive_key,aws_access_key_id,github_token,url_userinfo',
      attributes: {
        cookie: '[redacted]',
        'key-[redacted]': 'x',
        'plumbline.redacted': 'sensitive_key,aws_access_key_id,github_token,url_userinfo',
      },
    })
    for (const secret of SECRETS) expect(filesWith(secret)).toEqual([])
    expect(filesWith('[redacted] from').length).toBeGreaterThan(0)
    expect(await bed.metric('redacted_total')).toBe(8)
  })

  it('is known as a re-send by its bytes as they were sent, also after a restart', async () => {
    await post(...bodies.protobuf)
    expect(await bed.metric('resends_absorbed_total')).toBe(1)
    await bed.restart()
    await post(...bodies.protobuf)
    await post(...bodies.json)
    expect(await bed.metric('resends_absorbed_total')).toBe(2)
    expect(await bed.store.rows(ROWS)).toHaveLength(2)
  })

  it('becomes the same rows from the log when the engine was down until after a restart', async () => {
    isDown = true
    const other = JSON.stringify(request).replaceAll(now, String(BigInt(now) + 1n))
    await post('application/json', other)
    await until('a failed insert', async () => ((await bed.metric('insert_failures_total')) > 0 ? true : undefined))
    for (const secret of SECRETS) expect(filesWith(secret)).toEqual([])
    isDown = false
    await bed.restart()
    const rows = await bed.rows(ROWS, 3)
    expect(rows[2]).toEqual(rows[0])
  })
})
