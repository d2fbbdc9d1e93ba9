import { describe, expect, it } from 'vitest'
import { Dict, firstHash } from '../../../services/ingest/decode/dict.ts'
import { findSecrets } from '../../../shared/security/redact.ts'
import { attr, decode, spanRow, utf8 } from './support/otlp.ts'

/** Bodies made to cost much. These tests end; were the work quadratic, they would not within the time limit. */
describe('hostile input', () => {
  it('keys made to fall into one run of slots are found all the same', () => {
    const dict = new Dict()
    const keys: Uint8Array[] = []
    for (let i = 0; keys.length < 3000; i++) {
      const key = utf8(`key-${i}`)
      if ((firstHash(key, 0, key.length) & 0x3ff) === 0) keys.push(key)
    }
    const indexes = keys.map((key) => dict.find(key, 0, key.length))
    expect(indexes).toEqual(keys.map((_, i) => i))
    dict.mark()
    const late = utf8('late')
    expect(dict.find(late, 0, late.length)).toBe(3000)
    dict.rollback()
    expect(dict.size).toBe(3000)
    expect(keys.map((key) => dict.find(key, 0, key.length))).toEqual(indexes)
    expect(dict.find(late, 0, late.length)).toBe(3000)
  })

  it.each(['eyJ', 'AKIA', 'ghp_', 'x@', '-----BEGIN ', 'xoxb-', '://', 'sk_live_', 'github_pat_'])(
    '256 KiB of "%s" are looked through in one go',
    (piece) => {
      const bytes = utf8(piece.repeat(Math.floor(262_144 / piece.length)))
      for (let i = 0; i < 20; i++) findSecrets(bytes, 0, bytes.length)
    },
  )

  it('a long text deep inside maps is not moved at each level', () => {
    const open = '{"kvlistValue":{"values":[{"key":"k","value":'
    const value = `${open.repeat(64)}{"stringValue":"${'x'.repeat(4_000_000)}"}${'}]}}'.repeat(64)}`
    const body = `{"resourceSpans":[{"resource":{"attributes":[{"key":"a","value":${value}}]},"scopeSpans":[{"spans":[]}]}]}`
    expect(decode('traces', body)).toMatchObject({ accepted: 0, rejected: 0 })
  })

  it('many members that come twice', () => {
    const twice = '"name":"a","attributes":[{}],'.repeat(50_000)
    expect(() => decode('traces', `{"resourceSpans":[{"scopeSpans":[{"spans":[{${twice}"kind":1}]}]}]}`)).not.toThrow()
  })

  it('keys that come twice a thousand times', () => {
    const attributes = Array.from({ length: 1000 }, (_, i) => attr(`k${i % 2}`, String(i)))
    expect(spanRow({ attributes }).SpanAttributes).toEqual([
      ['k0', '998'],
      ['k1', '999'],
    ])
  })
})
