import { encodeRequest, type SignalName, text } from '../../support/otlp.ts'
import { seeded } from '../../support/random.ts'

export const ITEMS = 512
const SERVICES = 20

type Random = () => number
const hex = (random: Random, bytes: number) =>
  Buffer.from(Array.from({ length: bytes }, () => Math.floor(random() * 256)))
const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)]!

/** Ten attributes of a resource, as the SDK and Kubernetes set them. */
const resourceOf = (service: number, instance: number) => ({
  attributes: [
    text('service.name', `service-${service}`),
    text('service.version', '2026.11.3'),
    text('service.instance.id', `service-${service}-${instance}`),
    text('deployment.environment.name', 'production'),
    text('vcs.ref.head.revision', '4f2c6a9d1b'),
    text('telemetry.sdk.name', 'opentelemetry'),
    text('telemetry.sdk.language', 'nodejs'),
    text('host.name', `node-${instance}.cluster.local`),
    text('k8s.pod.name', `service-${service}-7c9f-${instance}`),
    text('k8s.namespace.name', 'shop'),
  ],
})

const ROUTES = Array.from({ length: 20 }, (_, i) => `/api/v1/resource-${i}/{id}`)

function span(random: Random, atMs: number, i: number) {
  const failed = random() < 0.02
  const route = pick(random, ROUTES)
  const startNs = BigInt(Math.floor(atMs * 1000 + i)) * 1000n
  const id = Math.floor(random() * 1e6)
  const int = (key: string, value: number) => ({ key, value: { intValue: value } })
  return {
    traceId: hex(random, 16),
    spanId: hex(random, 8),
    parentSpanId: hex(random, 8),
    name: `GET ${route}`,
    kind: pick(random, [2, 2, 3]),
    startTimeUnixNano: String(startNs),
    endTimeUnixNano: String(startNs + BigInt(Math.floor(random() * 8e7))),
    attributes: [
      text('http.request.method', 'GET'),
      text('http.route', route),
      text('url.path', `/api/v1/resource/${id}`),
      text('url.scheme', 'https'),
      text('server.address', 'shop.example.com'),
      int('server.port', 443),
      int('http.response.status_code', failed ? 500 : 200),
      text('user_agent.original', pick(random, ['Mozilla/5.0 (X11; Linux x86_64)', 'okhttp/4.12.0', 'curl/8.9.1'])),
      text('client.address', `10.0.${Math.floor(random() * 8)}.${Math.floor(random() * 250)}`),
      text('network.protocol.version', '1.1'),
      int('http.response.body.size', Math.floor(random() * 20_000)),
      text('enduser.id', `user-${Math.floor(random() * 5000)}`),
    ],
    ...(failed && {
      status: { code: 2, message: 'internal error' },
      events: [
        {
          timeUnixNano: String(startNs),
          name: 'exception',
          attributes: [
            text('exception.type', 'TimeoutError'),
            text('exception.message', `no answer within 500 ms for ${id}`),
            text(
              'exception.stacktrace',
              'TimeoutError: no answer\n    at Client.call (client.js:81:9)\n    at async handle',
            ),
          ],
        },
      ],
    }),
  }
}

function logRecord(random: Random, atMs: number, i: number) {
  const bad = random() < 0.02
  return {
    timeUnixNano: String(BigInt(Math.floor(atMs * 1000 + i)) * 1000n),
    observedTimeUnixNano: String(BigInt(Math.floor(atMs * 1000 + i)) * 1000n),
    severityNumber: bad ? 17 : 9,
    severityText: bad ? 'ERROR' : 'INFO',
    body: {
      stringValue: `request ${Math.floor(random() * 1e6)} of user-${Math.floor(random() * 5000)} took ${Math.floor(random() * 900)} ms`,
    },
    traceId: hex(random, 16),
    spanId: hex(random, 8),
    attributes: [
      text('log.logger', pick(random, ['http', 'db', 'cache'])),
      text('thread.name', `worker-${Math.floor(random() * 8)}`),
      text('code.function.name', 'handle'),
      text('http.route', pick(random, ROUTES)),
      text('enduser.id', `user-${Math.floor(random() * 5000)}`),
    ],
  }
}

function metric(random: Random, atMs: number, i: number, name: string) {
  const point = (route: string, k: number) => ({
    startTimeUnixNano: `${Math.floor(atMs) - 600_000}000000`,
    timeUnixNano: String(BigInt(Math.floor(atMs * 1000 + i * 32 + k)) * 1000n),
    attributes: [
      text('http.route', route),
      text('http.request.method', 'GET'),
      text('server.address', 'shop.example.com'),
    ],
    asDouble: random() * 1000,
  })
  const dataPoints = Array.from({ length: 32 }, (_, k) => point(ROUTES[k % ROUTES.length]!, k))
  return i % 2 === 0
    ? { name, unit: 'By', gauge: { dataPoints } }
    : { name, unit: '1', sum: { dataPoints, aggregationTemporality: 2, isMonotonic: true } }
}

/** The `n`th body: 512 items of one service instance, at about `atMs`. The same for the same `n` and `atMs`. */
export function bodyOf(signal: SignalName, n: number, atMs: number): Buffer {
  const random = seeded(n * 7919 + 13)
  const resource = resourceOf(n % SERVICES, Math.floor(n / SERVICES) % 3)
  const scope = { name: '@opentelemetry/instrumentation-http', version: '0.223.0' }
  const each = <T>(count: number, make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i))
  if (signal === 'traces') {
    const spans = each(ITEMS, (i) => span(random, atMs, i))
    return encodeRequest('traces', { resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] })
  }
  if (signal === 'logs') {
    const logRecords = each(ITEMS, (i) => logRecord(random, atMs, i))
    return encodeRequest('logs', { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords }] }] })
  }
  const metrics = each(ITEMS / 32, (i) => metric(random, atMs, i, `app.metric_${i}`))
  return encodeRequest('metrics', { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] })
}
