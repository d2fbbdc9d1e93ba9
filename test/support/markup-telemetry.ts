/** Telemetry and deploys whose every text field holds markup, SQL, escape codes and secrets. */
import { text } from './otlp.ts'
import type { Plan } from './traffic.ts'

/** Known secrets; none may be found anywhere. Put together here, so that no scanner takes this file for a leak. */
export const PLANTED = [
  `AKIA${'QWERTZUIOPASDFGH'}`,
  `ghp_${'b7'.repeat(18)}`,
  `sk_${'live'}_${'c8'.repeat(12)}`,
  `xoxb-${'1234567890-abcdefghij'}`,
  `${'hunter'}2planted`,
]
const [aws, github, stripe, slack, password] = PLANTED as [string, string, string, string, string]

export const MARK = 'zqx7'
const MARKUP = `${MARK}<img src=x onerror=alert(1)><script>alert(2)</script>"><svg/onload=alert(3)>'</textarea>`
const LINK = 'javascript:alert(4)'
const CODES = '\u001b[31m\u001b]0;owned\u0007\u009b2J\u202e\r\n'
const SQL = `'; DROP TABLE otel_traces; --`

/** Everything at once; `i` makes it another text. */
export const nasty = (i = 0): string =>
  `${i} ${MARKUP} ${CODES} ${SQL} =cmd|' /C calc'!A0 ${aws} ${github} ${stripe} ${slack} https://me:${password}@db.example [x](${LINK})`

/** What stands in names that end in addresses of the console: no line breaks, which no framework would send. */
export const nastyName = `shop ${MARKUP} \u001b[31m ${aws}`
const route = `/<img/src=x/onerror=alert(5)>/${MARK}/${github}`

const plan = (version: string, errors: number): Plan => ({
  service: nastyName,
  version: `${version}<script>alert(6)</script>${aws}`,
  commit: version.repeat(40).slice(0, 40),
  instance: nastyName,
  routes: { [`GET ${route}`]: { perMinute: 40, errors, latencyMs: 40 } },
})
export const good = plan('a', 0.01)
export const bad = plan('b', 0.4)

const attributes = (i: number) => [
  text('service.name', nastyName),
  text('service.version', bad.version),
  text('deployment.environment.name', 'production'),
  text('vcs.ref.head.revision', bad.commit),
  text('vcs.repository.url.full', LINK),
  text(nasty(i), nasty(i + 1)),
  text('authorization', password),
  text('url.full', LINK),
]
const error = [
  text('exception.type', nasty(20)),
  text('exception.message', nasty(21)),
  text('exception.stacktrace', nasty(22)),
]

export function nastyTraces(traceId: string, nowNs: string): object {
  const span = (i: number, parent: string) => ({
    traceId,
    spanId: `00000000000000a${i}`,
    ...(parent && { parentSpanId: parent }),
    traceState: 'a=<script>alert(7)</script>',
    name: nasty(i),
    kind: 2 + (i % 2),
    startTimeUnixNano: nowNs,
    endTimeUnixNano: String(BigInt(nowNs) + 5_000_000n),
    attributes: [
      ...attributes(i),
      text('http.route', route),
      text('peer.service', nasty(30)),
      text('db.system.name', nasty(31)),
    ],
    events: [
      { timeUnixNano: nowNs, name: 'exception', attributes: error },
      { timeUnixNano: nowNs, name: nasty(23), attributes: attributes(24) },
    ],
    links: [{ traceId, spanId: '00000000000000a9', traceState: '<b>', attributes: attributes(25) }],
    status: { code: 2, message: nasty(26) },
  })
  const scope = { name: nasty(27), version: nasty(28), attributes: attributes(29) }
  const spans = [span(1, ''), span(2, '00000000000000a1')]
  return {
    resourceSpans: [{ resource: { attributes: attributes(0) }, schemaUrl: LINK, scopeSpans: [{ scope, spans }] }],
  }
}

export function nastyLogs(traceId: string, nowNs: string): object {
  const record = (i: number) => ({
    ...{ timeUnixNano: nowNs, severityNumber: 17, severityText: '<b>ERROR', eventName: nasty(i) },
    ...{ traceId, spanId: '00000000000000a1', attributes: [...attributes(i), ...error] },
    body:
      i % 2 === 0
        ? { stringValue: `failed to charge ${nasty(40)}` }
        : { kvlistValue: { values: [text(nasty(i), nasty(i))] } },
  })
  const logRecords = Array.from({ length: 12 }, (_, i) => record(i))
  const scope = { name: nasty(41), version: nasty(42), attributes: attributes(43) }
  return {
    resourceLogs: [{ resource: { attributes: attributes(0) }, schemaUrl: LINK, scopeLogs: [{ scope, logRecords }] }],
  }
}

export function nastyMetrics(nowNs: string): object {
  const point = { timeUnixNano: nowNs, asDouble: 1, attributes: attributes(50) }
  const metrics = [
    { name: nasty(51), description: nasty(52), unit: '<i>', gauge: { dataPoints: [point] } },
    {
      name: 'plain.metric',
      description: nasty(53),
      unit: nasty(54),
      sum: { dataPoints: [point], isMonotonic: true, aggregationTemporality: 2 },
    },
  ]
  const scope = { name: nasty(55), version: nasty(56) }
  return { resourceMetrics: [{ resource: { attributes: attributes(0) }, scopeMetrics: [{ scope, metrics }] }] }
}

/** What a pipeline tells of the bad deploy: markup in every field. Its secrets are its own business, so none are in it. */
export const nastyDeploy = (startedAt: string) => ({
  ...{
    service: nastyName.replace(aws, '[redacted]'),
    version: bad.version.replace(aws, '[redacted]'),
    commit: bad.commit,
  },
  ...{
    environment: 'production',
    started_at: startedAt,
    actor: MARKUP + CODES,
    repository: 'https://github.com/acme/shop',
  },
  commits: [{ sha: bad.commit, message: MARKUP + CODES + SQL, author: MARKUP }],
  attributes: { [`${MARKUP}`]: MARKUP + CODES },
})

export const nastyText = MARKUP + CODES.replaceAll(/[\r\n]/g, '') + SQL
