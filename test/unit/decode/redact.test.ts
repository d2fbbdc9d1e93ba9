import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Batches, type Signal } from '../../../services/ingest/decode/index.ts'
import { findSecrets, masked } from '../../../shared/security/redact.ts'
import { runs } from '../../support/property.ts'
import { logRecord, metric, span } from './support/arbitrary.ts'
import { attr, encode, logs, metrics, NOW, type Plain, sealAll, spans, toJson, utf8 } from './support/otlp.ts'
import { fixed64, int, len } from './support/wire.ts'

/** A secret of each rule, and the part of it that must not be found anywhere. */
const SECRETS: [string, string][] = [
  ['AKIAIOSFODNN7EXAMPLE', 'IOSFODNN7EXAMPLE'],
  [`ghp_${'a1'.repeat(18)}`, 'a1a1a1a1a1a1'],
  [`github_pat_${'b2'.repeat(12)}`, 'b2b2b2b2b2'],
  [`sk_${'live'}_abcdefghijkl`, 'abcdefghijkl'],
  ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_123', 'hbGciOiJIUzI1NiJ9'],
  ['-----BEGIN RSA PRIVATE KEY-----\nMIIEsecret\n-----END RSA PRIVATE KEY-----', 'MIIEsecret'],
  [`xox${'b'}-123456789012-abcdef`, '123456789012-abcdef'],
  ['https://hooks.slack.com/services/T0/B0/hooksecret', 'hooksecret'],
  ['postgres://me:hunter2pass@db/x', 'hunter2pass'],
  ['4111 1111 1111 1111', '1111 1111 1111'],
  ['378282246310005', '82246310005'],
]
const PARTS = SECRETS.map(([, part]) => part)
const holdsSecret = (bytes: Uint8Array | string): string | undefined =>
  PARTS.find((part) => Buffer.from(bytes as string).includes(part))
const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, v) => (typeof v === 'bigint' || typeof v === 'number' ? String(v) : v))

const secret = fc.constantFrom(...SECRETS.map(([whole]) => whole))
/** Which texts of a request get a secret: a cycle of none and some. */
const plan = fc.array(fc.option(secret, { nil: '', freq: 2 }), { minLength: 1, maxLength: 6 })

const ID16 = new Uint8Array(16).fill(1)
const ID8 = new Uint8Array(8).fill(2)

/** The request with secrets in its texts, keys, names and raw bytes alike; ids stay. */
function planted(request: Plain, secrets: string[]): Plain {
  let at = 0
  const next = () => secrets[at++ % secrets.length]!
  const walk = (value: Plain, key: string): Plain => {
    if (typeof value === 'string') return joined(value, next())
    if (value instanceof Uint8Array)
      return key === 'bytesValue' ? Uint8Array.from(Buffer.concat([value, Buffer.from(` ${next()}`)])) : value
    if (Array.isArray(value)) return value.map((item) => walk(item, key))
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, walk(inner, name)]))
  }
  return walk(request, '')
}
const joined = (text: string, more: string) => (more === '' ? text : `${text} ${more} ${text}`)

const requests: [Signal, fc.Arbitrary<Plain>][] = [
  ['traces', fc.array(span, { minLength: 1, maxLength: 3 }).map((list) => spans(list))],
  ['logs', fc.array(logRecord, { minLength: 1, maxLength: 3 }).map((list) => logs(list))],
  ['metrics', fc.array(metric, { minLength: 1, maxLength: 3 }).map((list) => metrics(list))],
]
/** Limits so low that much is cut, dropped and rejected: what no column has is in the body all the same. */
const tight = { maxAttributes: 2, keyBytes: 12, valueBytes: 24, metricValueBytes: 24, bodyBytes: 30, nameBytes: 20 }

/** What a body becomes, and what is kept of it. */
function take(signal: Signal, encoding: 'json' | 'protobuf', body: Uint8Array, limits = {}) {
  const batches = new Batches(limits)
  const { stored, ...decoded } = batches.append(signal, encoding, body, NOW)
  return { stored, decoded, rows: sealAll(batches) }
}

describe('a body with secrets in any of its texts', () => {
  const cases = requests.flatMap(([signal, request]) =>
    (['protobuf', 'json'] as const).flatMap((encoding) =>
      [{}, tight].map((limits) => [signal, encoding, limits === tight ? 'tight' : 'usual', limits, request] as const),
    ),
  )
  it.each(cases)('of %s in %s is kept without them under %s limits, and gives the same rows again', (...of) => {
    const [signal, encoding, , limits, request] = of
    fc.assert(
      fc.property(request, plan, (plain, secrets) => {
        const dirty = planted(plain, secrets)
        const body = encoding === 'json' ? utf8(toJson(dirty)) : encode(signal, dirty)
        const taken = take(signal, encoding, body, limits)
        const kept = taken.stored ?? body
        expect(holdsSecret(kept)).toBeUndefined()
        expect(holdsSecret(textOf(taken.rows))).toBeUndefined()
        if (!taken.stored) return
        const again = take(signal, 'protobuf', taken.stored, limits)
        expect(again.rows).toEqual(taken.rows)
        expect(again.stored).toBeUndefined()
        expect(again.decoded.accepted).toBe(taken.decoded.accepted)
      }),
      runs(60),
    )
  })
})

describe('a body without secrets', () => {
  it.each(requests)('of %s is kept as it came', (signal, request) => {
    fc.assert(
      fc.property(request, (plain) => {
        expect(take(signal, 'protobuf', encode(signal, plain), tight).stored).toBeUndefined()
      }),
      runs(60),
    )
  })

  it.each(requests)(
    'of %s in JSON is kept with all it says, also where members side by side look like a secret',
    (signal, request) => {
      fc.assert(
        fc.property(request, (plain) => {
          const taken = take(signal, 'json', utf8(toJson(plain)), tight)
          expect(taken.decoded.redacted).toEqual({})
          if (taken.stored) expect(take(signal, 'protobuf', taken.stored, tight).rows).toEqual(taken.rows)
        }),
        runs(60),
      )
    },
  )

  it('is kept as it came when a field comes twice', () => {
    const twice = len(2, len(1, ID16), len(2, ID8), len(5, 'first'), len(5, 'last'))
    const { stored, rows } = take('traces', 'protobuf', Uint8Array.from(len(1, len(2, twice))))
    expect(stored).toBeUndefined()
    expect(rows.otel_traces).toMatchObject([{ SpanName: 'last' }])
  })

  it('is kept as it came when its neighbour in the same block was not', () => {
    const batches = new Batches()
    const bodyOf = (note: string) => encode('logs', logs([{ timeUnixNano: 1n, body: { stringValue: note } }]))
    const notes = ['a', `b ${SECRETS[0]![0]}`, 'c', `d ${SECRETS[0]![0]}`].map((note) =>
      batches.append('logs', 'protobuf', bodyOf(note), NOW),
    )
    expect(notes.map((n) => n.stored !== undefined)).toEqual([false, true, false, true])
  })
})

describe('a masked text', () => {
  it.each(SECRETS)('that held %s holds no more, whatever stands behind it', (whole) => {
    for (const more of ['', ' /B', '/B', ' /B x', ` ${whole}`]) {
      const dirty = utf8(`/B ${whole}${more}`)
      const clean = masked(dirty, 0, dirty.length, findSecrets(dirty, 0, dirty.length))
      expect(findSecrets(clean, 0, clean.length)).toEqual([])
    }
  })
})

describe('a card number', () => {
  const found = (text: string) => {
    const bytes = utf8(text)
    return findSecrets(bytes, 0, bytes.length).map(({ from, to, rule }) => `${rule}: ${text.slice(from, to)}`)
  }
  it.each([
    ['4111111111111111'],
    ['4111 1111 1111 1111'],
    ['5555-5555-5555-4444'],
    ['2223003122003222'],
    ['3782 822463 10005'],
    ['36227206271667'],
    ['6011111111111117'],
    ['3530111333300000'],
  ])('%s is found wherever it stands', (card) => {
    const around = ['', 'pay ', 'card=', '"', 'x'.repeat(40).concat(' '), '2024 ']
    for (const before of around)
      for (const after of ['', '.', ' 12/29', '"', ','])
        expect(found(`${before}${card}${after}`)).toEqual([`card_number: ${card}`])
  })
  it.each([
    ['a check digit that is wrong', '4111111111111112'],
    ['nanoseconds', '1795348800000000123'],
    ['milliseconds', '1795348800000'],
    ['a range that nobody issues', '9111111111111111'],
    ['a part of a longer number', '41111111111111111'],
    ['a part of an id', '550e8400-e29b-4111-8111-1111111111a1'],
    ['a part of a hex text', 'ab4111111111111111'],
    ['a part of a name', 'order_4111111111111111'],
    ['a fraction', '0.4111111111111111'],
    ['other groups', '41111111 11111111'],
  ])('%s is none', (_, text) => expect(found(text)).toEqual([]))
})

const [AWS] = SECRETS[0]!
const spanWith = (more: Plain) =>
  spans([{ traceId: new Uint8Array(16).fill(1), spanId: new Uint8Array(8).fill(2), name: 'work', ...more }])

describe('a secret is taken out', () => {
  it.each<[string, Plain]>([
    ['of a span name', spanWith({ name: `GET ${AWS}` })],
    ['of an attribute key', spanWith({ attributes: [attr(AWS, 'x')] })],
    [
      'of a rejected span',
      spans([
        { name: 'no ids', attributes: [attr('note', AWS)] },
        spanWith({}).resourceSpans[0].scopeSpans[0].spans[0],
      ]),
    ],
    ['of the route', spanWith({ kind: 2, attributes: [attr('http.route', `/x/${AWS}`)] })],
    [
      'of a scope',
      { resourceSpans: [{ scopeSpans: [{ ...spanWith({}).resourceSpans[0].scopeSpans[0], scope: { name: AWS } }] }] },
    ],
    ['of a schema URL', { resourceSpans: [{ ...spanWith({}).resourceSpans[0], schemaUrl: `http://${AWS}` }] }],
    [
      'of a resource',
      { resourceSpans: [{ ...spanWith({}).resourceSpans[0], resource: { attributes: [attr('k', AWS)] } }] },
    ],
    ['of raw bytes', spanWith({ attributes: [attr('raw', { bytesValue: utf8(AWS) })] })],
    ['of a status message', spanWith({ status: { code: 2, message: `failed with ${AWS}` } })],
  ])('%s, each time it comes', (_, request) => {
    const batches = new Batches()
    const body = encode('traces', request)
    for (const _time of [1, 2, 3]) {
      const { stored, redacted } = batches.append('traces', 'protobuf', body, NOW)
      expect(redacted).toEqual({ aws_access_key_id: 1 })
      expect(holdsSecret(stored!)).toBeUndefined()
    }
    expect(holdsSecret(textOf(sealAll(batches)))).toBeUndefined()
  })

  it.each<[string, 'traces' | 'logs' | 'metrics', number[]]>([
    ['a span name', 'traces', [...len(5, AWS), ...len(5, 'fine')]],
    ['a trace state', 'traces', [...len(3, AWS), ...len(3, 'fine')]],
    ['a status', 'traces', [...len(15, len(2, AWS)), ...len(15, len(2, 'fine'))]],
    ['the value of an attribute', 'traces', len(9, len(1, 'k'), len(2, len(1, AWS), len(1, 'fine')))],
    ['the key of an attribute', 'traces', len(9, len(1, AWS), len(1, 'k'), len(2, len(1, 'v')))],
    ['the name of an event', 'traces', len(11, len(2, AWS), len(2, 'fine'))],
    ['the trace state of a link', 'traces', len(13, len(1, ID16), len(2, ID8), len(3, AWS), len(3, 'fine'))],
    ['a log body', 'logs', [...len(5, len(1, AWS)), ...len(5, len(1, 'fine'))]],
    ['a severity text', 'logs', [...len(3, AWS), ...len(3, 'fine')]],
    ['an event name of a log record', 'logs', [...len(12, AWS), ...len(12, 'fine')]],
    ['a metric name', 'metrics', [...len(1, AWS), ...len(1, 'fine')]],
    ['a unit', 'metrics', [...len(3, AWS), ...len(3, 'fine')]],
    ['an id', 'logs', [...len(9, AWS), ...len(9, ID16)]],
    ['the data of a metric', 'metrics', len(5, len(1, len(7, len(1, 'k'), len(2, len(1, AWS)))))],
  ])('of %s that comes twice, although the last stays', (_, signal, twice) => {
    const item = {
      traces: len(2, len(1, ID16), len(2, ID8), twice),
      logs: len(2, fixed64(1, BigInt(NOW) * 1_000_000n), twice),
      metrics: len(2, twice, len(7, int(2, 1), len(1, fixed64(3, BigInt(NOW) * 1_000_000n), fixed64(6, 1n)))),
    }[signal]
    const { stored, rows } = take(signal, 'protobuf', Uint8Array.from(len(1, len(2, item))))
    expect(Object.values(rows).flat()).toHaveLength(1)
    expect(stored).toBeDefined()
    expect(holdsSecret(stored!)).toBeUndefined()
    expect(holdsSecret(textOf(rows))).toBeUndefined()
  })

  it('of a map that comes twice, by its key, each time it comes', () => {
    const headers = len(6, len(1, len(1, 'authorization'), len(2, len(1, 'Basic abc'))))
    const attribute = len(1, len(1, 'headers'), len(2, headers, len(1, 'fine')))
    const item = len(2, len(2, len(1, ID16), len(2, ID8)))
    const batches = new Batches()
    for (const _time of [1, 2]) {
      const { stored } = batches.append('traces', 'protobuf', Uint8Array.from(len(1, len(1, attribute), item)), NOW)
      expect(Buffer.from(stored!).includes('Basic abc')).toBe(false)
    }
  })

  it('of a field that is unknown, together with that field', () => {
    const field = Buffer.concat([Buffer.from([0xc2, 0x3e, AWS.length]), Buffer.from(AWS)])
    const body = Uint8Array.from(Buffer.concat([encode('traces', spanWith({})), field]))
    expect(Buffer.from(take('traces', 'protobuf', body).stored!)).toEqual(Buffer.from(encode('traces', spanWith({}))))
  })

  it('of a member of JSON that no message has', () => {
    const body = utf8(JSON.stringify({ ...JSON.parse(toJson(spanWith({}))), more: { deep: AWS } }))
    expect(holdsSecret(take('traces', 'json', body).stored!)).toBeUndefined()
  })

  it('of a private key that comes as a list of lines', () => {
    const lines = ['-----BEGIN PRIVATE KEY-----', 'MIIEsecret', 'moresecret', '-----END PRIVATE KEY-----', 'after']
    const values = lines.map((stringValue) => ({ stringValue }))
    const { stored, rows } = take(
      'traces',
      'protobuf',
      encode('traces', spanWith({ attributes: [attr('pem', { arrayValue: { values } })] })),
    )
    expect(Buffer.from(stored!).includes('secret')).toBe(false)
    expect(textOf(rows.otel_traces![0]!.SpanAttributes)).toContain('after')
  })

  it('of the values of sensitive keys, also inside a map, whatever they look like', () => {
    const headers = { kvlistValue: { values: [attr('Authorization', 'Basic abc'), attr('host', 'a')] } }
    const request = spanWith({ attributes: [attr('cookie', 'sid=7'), attr('headers', headers), attr('x-api-key', 5n)] })
    const { stored, decoded, rows } = take('traces', 'protobuf', encode('traces', request))
    expect(decoded.redacted).toEqual({ sensitive_key: 3 })
    for (const text of ['Basic abc', 'sid=7']) expect(Buffer.from(stored!).includes(text)).toBe(false)
    expect(Object.fromEntries(rows.otel_traces![0]!.SpanAttributes as [string, string][])).toMatchObject({
      cookie: '[redacted]',
      headers: '{"Authorization":"[redacted]","host":"a"}',
      'x-api-key': '[redacted]',
      'plumbline.redacted': 'sensitive_key',
    })
  })
})
