import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RedactionPreview } from '../../../services/web/api/schemas.ts'
import { createKey } from '../../../shared/state/keys.ts'
import { openWeb, type WebBed } from '../../support/web.ts'
import { attr, decodeLogs, NOW } from '../../unit/decode/support/otlp.ts'

const path = '/api/v1/redaction/preview'
const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_123'
const line = `für käufer: postgres://me:hunter2pass@db/x token ${jwt} card 4111 1111 1111 1111, again ${jwt}.`

let bed: WebBed
beforeAll(async () => {
  bed = await openWeb(NOW)
})
afterAll(() => bed.close())

const preview = async (body: unknown) => {
  const answer = await bed.call('POST', path, { body })
  expect(answer.status, answer.text).toBe(200)
  return answer.body as never as RedactionPreview
}

describe('the try-out of redaction', () => {
  it('says what would be masked and by which rule, and answers no secret', async () => {
    const { masked, parts, rules } = await preview({ text: line })
    expect(masked).toBe('für käufer: postgres://[redacted]@db/x token [redacted] card [redacted], again [redacted].')
    expect(parts.map((part) => part.text).join('')).toBe(masked)
    expect(rules.map(({ rule, count }) => [rule, count])).toEqual([
      ['jwt', 2],
      ['url_userinfo', 1],
      ['card_number', 1],
    ])
  })

  it('leaves a text without secrets as it is', async () => {
    const text = 'order 4111 1111 1111 1112 took 18 ms, naïve ☂'
    expect(await preview({ text })).toEqual({ masked: text, parts: [{ text, rule: null }], rules: [] })
    expect(await preview({ text: '' })).toEqual({ masked: '', parts: [], rules: [] })
  })

  it('masks the whole value of a sensitive attribute, and no other for its name', async () => {
    const of = (attribute: string) => preview({ text: 'plain', attribute })
    expect((await of('http.request.header.Authorization')).rules.map((r) => r.rule)).toEqual(['sensitive_key'])
    expect((await of('http.request.header.accept')).masked).toBe('plain')
  })

  it('keeps of a log line what ingest keeps of it', async () => {
    const { tables } = decodeLogs({ body: { stringValue: line }, attributes: [attr('a', { stringValue: line })] })
    const { masked, rules } = await preview({ text: line })
    const noted = rules.map((one) => one.rule).join(',')
    const attributes = [
      ['a', masked],
      ['plumbline.redacted', noted],
    ]
    expect(tables.otel_logs?.[0]).toMatchObject({ Body: masked, LogAttributes: attributes })
  })

  it('is for who may read, bounded, and tells a broken body without repeating it', async () => {
    const headers = async (scope: 'read' | 'ingest') => ({
      authorization: `Bearer ${(await createKey(bed.context, { name: scope, scopes: [scope] })).plaintext}`,
    })
    expect((await bed.call('POST', path, { body: { text: 'x' }, headers: await headers('read') })).status).toBe(200)
    expect((await bed.call('POST', path, { body: { text: 'x' }, headers: await headers('ingest') })).status).toBe(403)
    for (const body of [{ text: jwt.repeat(400) }, { text: [jwt] }, { text: 'x', attribute: jwt.repeat(9) }]) {
      const answer = await bed.call('POST', path, { body })
      expect(answer.status).toBe(400)
      expect(answer.text).not.toContain('eyJ')
    }
    expect(bed.errors).toEqual([])
  })
})
