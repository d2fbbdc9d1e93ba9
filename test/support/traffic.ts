/** What a service does while it is served: per route how many requests a minute, which share fails, how long they take. */
export type Route = { perMinute: number; errors: number; latencyMs: number }

export type Plan = {
  service: string
  version: string
  commit: string
  environment?: string
  instance?: string
  routes: Record<string, Route>
}

const hex = (random: () => number, bytes: number) =>
  Array.from({ length: bytes }, () =>
    Math.floor(random() * 256)
      .toString(16)
      .padStart(2, '0'),
  ).join('')

const text = (key: string, value: string) => ({ key, value: { stringValue: value } })

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** Poisson by Knuth's product, for the small means of one time slice. */
function poisson(mean: number, random: () => number): number {
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = random(); product > limit; product *= random()) count += 1
  return count
}

function span(route: string, plan: Route, atMs: number, random: () => number) {
  const [method, path] = route.split(' ') as [string, string]
  const durationMs = plan.latencyMs * Math.exp(0.4 * normal(random))
  const failed = random() < plan.errors
  return {
    traceId: hex(random, 16),
    spanId: hex(random, 8),
    name: route,
    kind: 2,
    startTimeUnixNano: `${Math.round(atMs * 1000)}000`,
    endTimeUnixNano: `${Math.round((atMs + durationMs) * 1000)}000`,
    attributes: [
      text('http.request.method', method),
      text('http.route', path),
      { key: 'http.response.status_code', value: { intValue: failed ? '500' : '200' } },
    ],
    status: failed ? { code: 2, message: 'failed' } : {},
  }
}

/** The OTLP/JSON trace request of `plan` for requests that began in [fromMs, toMs): drawn one by one. Null when there were none. */
export function traceRequest(
  plan: Plan,
  fromMs: number,
  toMs: number,
  random: () => number,
): { body: string; spans: number } | null {
  const spans = Object.entries(plan.routes).flatMap(([route, r]) => {
    const count = poisson((r.perMinute * (toMs - fromMs)) / 60_000, random)
    return Array.from({ length: count }, () => span(route, r, fromMs + random() * (toMs - fromMs), random))
  })
  if (spans.length === 0) return null
  const resource = {
    attributes: [
      text('service.name', plan.service),
      text('service.version', plan.version),
      text('vcs.ref.head.revision', plan.commit),
      text('deployment.environment.name', plan.environment ?? 'production'),
      text('service.instance.id', plan.instance ?? `${plan.service}-${plan.version}-0`),
    ],
  }
  const body = JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'test' }, spans }] }] })
  return { body, spans: spans.length }
}

/** Sends traffic of the past, minute by minute; resolves when all of it was answered 200. */
export async function sendPast(
  otlpUrl: string,
  plan: Plan,
  fromMs: number,
  toMs: number,
  random: () => number,
): Promise<number> {
  let sent = 0
  for (let atMs = fromMs; atMs < toMs; atMs += 60_000) {
    const request = traceRequest(plan, atMs, Math.min(atMs + 60_000, toMs), random)
    if (request) sent += await send(otlpUrl, request)
  }
  return sent
}

/** Sends one trace request, again while told to wait; throws on any other refusal. */
export async function send(otlpUrl: string, request: { body: string; spans: number }): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const response = await fetch(`${otlpUrl}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: request.body,
    })
    const answer = await response.text()
    if (response.status === 200) return request.spans
    if (response.status !== 429 && response.status !== 503)
      throw new Error(`OTLP answered ${response.status}: ${answer}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error('OTLP stayed overloaded')
}
