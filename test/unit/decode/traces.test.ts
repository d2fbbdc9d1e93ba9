import { describe, expect, it } from 'vitest'
import { attr, decodeSpans, id, NOW, nanos, spanRow } from './support/otlp.ts'

const http = (...more: unknown[]) => [attr('http.request.method', 'GET'), attr('http.route', '/orders/:id'), ...more]

describe('columns derived from a span', () => {
  it.each([
    ['method and route of a server span', { kind: 2, attributes: http() }, 'GET /orders/:id'],
    [
      'the older name of the method',
      { kind: 2, attributes: [attr('http.method', 'PUT'), attr('http.route', '/a')] },
      'PUT /a',
    ],
    ['the route alone without a method', { kind: 2, attributes: [attr('http.route', '/a')] }, '/a'],
    [
      'service and method of an RPC',
      { kind: 2, attributes: [attr('rpc.service', 'Cart'), attr('rpc.method', 'Add')] },
      'Cart/Add',
    ],
    [
      'the destination of a consumer',
      { kind: 5, attributes: [attr('messaging.destination.name', 'orders')] },
      'orders',
    ],
    [
      'the URL template of a client',
      { kind: 3, attributes: [attr('http.request.method', 'GET'), attr('url.template', '/u/{id}')] },
      'GET /u/{id}',
    ],
    [
      'operation and collection of a query',
      { kind: 3, attributes: [attr('db.operation.name', 'SELECT'), attr('db.collection.name', 'orders')] },
      'SELECT orders',
    ],
    [
      'the name of a client span, never its URL',
      { kind: 3, name: 'GET', attributes: [attr('url.full', 'http://a/u/17')] },
      'GET',
    ],
    [
      'the name of an internal span, whatever its attributes',
      { kind: 1, parentSpanId: id(8, 9), attributes: http() },
      'work',
    ],
  ])('Route is %s', (_, over, route) => {
    expect(spanRow(over).Route).toBe(route)
  })

  it.each([
    ['peer.service', 3, [attr('peer.service', 'cart'), attr('server.address', 'x')], 'cart'],
    [
      'address and port',
      3,
      [attr('server.address', 'db-1'), attr('server.port', 5432n), attr('db.system', 'mysql')],
      'db-1:5432',
    ],
    ['the database system', 3, [attr('db.system.name', 'postgresql')], 'postgresql'],
    ['the messaging system of a producer', 4, [attr('messaging.system', 'kafka')], 'kafka'],
    ['nothing for a server span', 2, [attr('server.address', 'me')], ''],
  ])('Peer is %s', (_, kind, attributes, peer) => {
    expect(spanRow({ kind, attributes }).Peer).toBe(peer)
  })

  it.each([
    [2, true, 1],
    [5, true, 1],
    [1, false, 1],
    [0, false, 1],
    [1, true, 0],
    [0, true, 0],
    [3, false, 0],
    [4, false, 0],
  ])('IsEntry of kind %i with a parent %s is %i', (kind, hasParent, isEntry) => {
    expect(spanRow({ kind, parentSpanId: hasParent ? id(8, 3) : undefined }).IsEntry).toBe(isEntry)
  })

  it.each([
    ['status Error', { kind: 3, status: { code: 2, message: 'no' } }, 1],
    ['a 500 of a server', { kind: 2, attributes: [attr('http.response.status_code', 500n)] }, 1],
    ['a 503 sent as text under the older name', { kind: 2, attributes: [attr('http.status_code', '503')] }, 1],
    ['a gRPC fault', { kind: 2, attributes: [attr('rpc.grpc.status_code', 14n)] }, 1],
    ['a gRPC fault by name', { kind: 2, attributes: [attr('rpc.response.status_code', 'INTERNAL')] }, 1],
    ['no gRPC fault of the server: NOT_FOUND', { kind: 2, attributes: [attr('rpc.grpc.status_code', 5n)] }, 0],
    ['a 404 of a server', { kind: 2, attributes: [attr('http.response.status_code', 404n)] }, 0],
    [
      'a 500 that a client saw, without status Error',
      { kind: 3, attributes: [attr('http.response.status_code', 500n)] },
      0,
    ],
    ['status Ok', { kind: 2, status: { code: 1 } }, 0],
  ])('Failed says of %s: %#', (_, over, failed) => {
    expect(spanRow(over).Failed).toBe(failed)
  })

  it('takes the type of the first exception event', () => {
    const exception = (type: string) => ({
      name: 'exception',
      timeUnixNano: nanos(NOW),
      attributes: [attr('exception.type', type)],
    })
    const row = spanRow({
      events: [{ name: 'retry', attributes: [attr('exception.type', 'X')] }, exception('E1'), exception('E2')],
    })
    expect(row).toMatchObject({
      ExceptionType: 'E1',
      'Events.Name': ['retry', 'exception', 'exception'],
      HttpStatus: 0,
    })
  })

  it('takes environment, version, commit and instance from the resource, in their order of preference', () => {
    const resource = [
      attr('service.name', 'shop'),
      attr('deployment.environment', 'old'),
      attr('deployment.environment.name', 'prod'),
      attr('service.version', '1.2'),
      attr('git.commit.sha', 'abc'),
      attr('host.name', 'h1'),
      attr('k8s.pod.name', 'pod-1'),
    ]
    expect(spanRow({}, resource)).toMatchObject({
      ServiceName: 'shop',
      Environment: 'prod',
      Version: '1.2',
      Commit: 'abc',
      Instance: 'pod-1',
    })
    expect(spanRow({}, [])).toMatchObject({
      ServiceName: 'unknown_service',
      Environment: '',
      Version: '',
      Commit: '',
      Instance: '',
    })
  })
})

describe('a secret in a span', () => {
  it.each([
    ['sensitive_key', 'http.request.header.authorization', 'Basic x', '[redacted]'],
    ['sensitive_key', 'Set-Cookie', 'a=b', '[redacted]'],
    ['aws_access_key_id', 'note', 'key AKIAIOSFODNN7EXAMPLE used', 'key [redacted] used'],
    ['github_token', 'note', `ghp_${'a1'.repeat(18)}`, '[redacted]'],
    ['jwt', 'note', 'Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_123', 'Bearer [redacted]'],
    ['private_key', 'note', '-----BEGIN RSA PRIVATE KEY-----\nMIIE', '[redacted]'],
    ['slack_token', 'note', `xox${'b'}-123456789012-abcdef`, '[redacted]'],
    ['stripe_live_key', 'note', `sk_${'live'}_abcdefghijkl`, '[redacted]'],
    [
      'slack_webhook',
      'note',
      'POST https://hooks.slack.com/services/T0/B0/x1 failed',
      'POST https://hooks.slack.com/services/[redacted] failed',
    ],
    ['url_userinfo', 'note', 'postgres://me:pw@db/x', 'postgres://[redacted]@db/x'],
  ])('%s is masked, marked and counted: %s', (rule, key, value, stored) => {
    const result = decodeSpans({
      ...{ traceId: id(16, 1), spanId: id(8, 1), startTimeUnixNano: nanos(NOW) },
      attributes: [attr(key, value)],
    })
    expect(result.tables.otel_traces![0]!.SpanAttributes).toEqual([
      [key, stored],
      ['plumbline.redacted', rule],
      ['plumbline.notes', 'no_end'],
    ])
    expect(result.redacted).toEqual({ [rule]: 1 })
  })

  it.each(['user@example.com', 'order_id=17', 'x', 'https://a.b/c@d', 'Linux x86_64', 'KEY', 'eyJ', 'mailto:a@b'])(
    'is not seen in "%s"',
    (value) => {
      expect(spanRow({ attributes: [attr('note', value)] }).SpanAttributes).toEqual([['note', value]])
    },
  )
})
