/** A small believable shop for the console's tests: services, deploys, verdicts. Times count back from one instant. */
import type { Anomaly, DeployItem, Finding, ServiceItem, Verdict, VerdictWord } from '../../services/web/api/schemas.ts'

export const nowMs = Math.floor(Date.now() / 60_000) * 60_000
export const at = (minutesAgo: number): string => new Date(nowMs - minutesAgo * 60_000).toISOString()
export const env = 'production'

/** 0 … 1, the same for the same words. */
export function noise(...parts: (string | number)[]): number {
  let hash = 2166136261
  for (const char of parts.join('|')) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 2246822519)
  hash ^= hash >>> 13
  return (hash >>> 0) / 4294967296
}

export const hex = (text: string, length: number): string => {
  let out = ''
  for (let index = 0; out.length < length; index += 1)
    out += Math.floor(noise(text, index) * 65536)
      .toString(16)
      .padStart(4, '0')
  return out.slice(0, length)
}

export type Shape = {
  service: string
  health: ServiceItem['health']
  perMinute: number
  errors: number
  p50: number
  routes: string[]
  peers: string[]
}

export const shapes: Shape[] = [
  {
    service: 'checkout',
    health: 'regressed',
    perMinute: 412,
    errors: 0.01,
    p50: 48,
    routes: ['POST /checkout', 'GET /checkout/{id}', 'POST /checkout/{id}/coupon', 'GET /healthz'],
    peers: ['payments', 'cart', 'postgres'],
  },
  {
    service: 'search',
    health: 'regressed',
    perMinute: 980,
    errors: 0.002,
    p50: 31,
    routes: ['GET /search', 'GET /suggest'],
    peers: ['elasticsearch', 'catalog'],
  },
  {
    service: 'cart',
    health: 'watching',
    perMinute: 655,
    errors: 0.004,
    p50: 12,
    routes: ['GET /cart', 'PUT /cart/items', 'DELETE /cart/items/{id}'],
    peers: ['redis'],
  },
  {
    service: 'recommender',
    health: 'too_little_data',
    perMinute: 1.4,
    errors: 0,
    p50: 210,
    routes: ['GET /for-you'],
    peers: ['catalog'],
  },
  {
    service: 'catalog',
    health: 'ok',
    perMinute: 1830,
    errors: 0.0008,
    p50: 9,
    routes: ['GET /products', 'GET /products/{id}'],
    peers: ['postgres'],
  },
  {
    service: 'gateway',
    health: 'ok',
    perMinute: 4120,
    errors: 0.006,
    p50: 22,
    routes: ['*'],
    peers: ['checkout', 'cart', 'catalog', 'search'],
  },
  {
    service: 'payments',
    health: 'ok',
    perMinute: 188,
    errors: 0.003,
    p50: 96,
    routes: ['POST /charge', 'POST /refund'],
    peers: ['card-network.example'],
  },
  {
    service: 'emails',
    health: 'idle',
    perMinute: 0,
    errors: 0,
    p50: 75,
    routes: ['POST /send'],
    peers: ['smtp.example'],
  },
]

type Plan = [
  id: string,
  service: string,
  minutesAgo: number,
  version: string,
  verdict: VerdictWord,
  reason: string,
  kind?: DeployItem['kind'],
]

const plans: Plan[] = [
  [
    'dep_checkout_2140',
    'checkout',
    34,
    '2.14.0',
    'regressed',
    'Errors of POST /checkout rose from 1.0 % to 12.3 % (+11.3 points), and its p95 from 180 ms to 412 ms.',
  ],
  ['dep_cart_881', 'cart', 7, '8.8.1', 'pending', 'Seven minutes in; no signal differs so far.'],
  ['dep_search_190', 'search', 71, '1.9.0', 'regressed', 'Latency p95 of GET /search rose from 88 ms to 171 ms.'],
  [
    'dep_recommender_031',
    'recommender',
    52,
    '0.3.1',
    'insufficient_data',
    'Ten requests since the deploy; about 120 more are needed.',
  ],
  [
    'dep_catalog_560',
    'catalog',
    96,
    '5.6.0',
    'no_difference',
    'All 23 series look as before; errors +0.1 points or latency +6 % would have been seen.',
  ],
  ['dep_payments_331', 'payments', 140, '3.3.1', 'improved', 'Latency p95 of POST /charge fell from 420 ms to 260 ms.'],
  ['dep_gateway_77', 'gateway', 155, '77', 'no_difference', 'All 41 series look as before.', 'config'],
  ['dep_checkout_2139', 'checkout', 1510, '2.13.9', 'no_difference', 'All 31 series look as before.'],
  ['dep_search_189', 'search', 2020, '1.8.9', 'no_difference', 'All 12 series look as before.', 'rollback'],
  ['dep_cart_880', 'cart', 1800, '8.8.0', 'no_difference', 'All 17 series look as before.'],
]

const messages = [
  'checkout: apply coupons before tax',
  'checkout: read totals from the new view',
  'build: bump node to 22',
  'tests: faster fixtures',
]

function deployOf([id, service, minutes, version, verdict, reason, kind]: Plan): DeployItem {
  const commit = hex(id, 40)
  const earlier = plans.find((plan) => plan[1] === service && plan[2] > minutes)
  const count = service === 'checkout' ? 4 : 1
  return {
    id,
    service,
    environment: env,
    version,
    commit,
    base_commit: earlier ? hex(earlier[0], 40) : null,
    commits: Array.from({ length: count }, (_, index) => ({
      sha: index === 0 ? commit : hex(`${id}${index}`, 40),
      message: service === 'checkout' ? messages[index]! : `${service}: release ${version}`,
      author: index % 2 ? 'dev-two' : 'dev-one',
      committed_at: at(minutes + 20 + index * 37),
    })),
    repository: `example-shop/${service}`,
    kind: kind ?? 'deploy',
    sources: service === 'search' ? ['telemetry'] : ['github', 'telemetry'],
    started_at: at(minutes),
    finished_at: at(minutes - 2),
    first_seen_at: at(minutes - 1),
    last_seen_at: at(0),
    previous_id: earlier?.[0] ?? null,
    previous_version: earlier?.[3] ?? null,
    url: `https://ci.example/runs/${id}`,
    actor: 'ci-bot',
    attributes: { region: 'eu-west-1' },
    created_at: at(minutes),
    updated_at: at(minutes - 3),
    verdict,
    reason,
    verdict_score: verdict === 'regressed' ? 0.98 : verdict === 'pending' ? 0.2 : 0.86,
  }
}

export const deploys: DeployItem[] = plans.map(deployOf).sort((a, b) => b.started_at.localeCompare(a.started_at))

const windows = (minutes: number): Finding['window'] => ({
  baseline: { from: at(minutes + 60), to: at(minutes) },
  current: { from: at(minutes - 2), to: at(Math.max(0, minutes - 32)) },
})

type Seed = Partial<Finding> &
  Pick<Finding, 'signal' | 'dimension' | 'observed' | 'expected' | 'lower' | 'upper' | 'reason'>

const attributes: Finding['top_attributes'] = [
  { key: 'coupon.kind', value: 'percentage', bad_share: 0.97, all_share: 0.13 },
  { key: 'http.response.status_code', value: '500', bad_share: 1, all_share: 0.12 },
  { key: 'customer.tier', value: 'gold', bad_share: 0.41, all_share: 0.29 },
]

function findingOf(seed: Seed, minutes: number): Finding {
  const effect =
    seed.effect ??
    ((seed.unit ?? 'ratio') === 'ratio' ? seed.observed - seed.expected : seed.observed / seed.expected - 1)
  return {
    direction: 'up',
    harmful: true,
    unit: 'ratio',
    effect,
    effect_unit: seed.unit === undefined || seed.unit === 'ratio' ? 'absolute' : 'relative',
    p_value: 3.1e-41,
    q_value: 9.6e-40,
    score: 0.98,
    n: { baseline: 7412, current: 3671 },
    baseline: 'before',
    window: windows(minutes),
    started_at: at(minutes - 1),
    method: 'exact binomial on counts, calibrated by 240 placebo moments',
    exemplar_trace_ids: ['bad1', 'bad2', 'bad3'].map((name) => hex(name, 32)),
    top_attributes: attributes,
    sql: `SELECT minute, sum(failed) / sum(requests) AS error_ratio\nFROM rollup_requests\nWHERE service = 'checkout' AND route = '${seed.dimension}'\n  AND minute BETWEEN '${at(minutes + 60)}' AND '${at(minutes - 32)}'\nGROUP BY minute ORDER BY minute`,
    ...seed,
  }
}

export const checkoutFindings: Finding[] = [
  findingOf(
    {
      signal: 'error_ratio',
      dimension: 'POST /checkout',
      observed: 0.123,
      expected: 0.01,
      lower: 0.006,
      upper: 0.017,
      reason: '451 of 3,671 requests failed; 37 would be expected.',
    },
    34,
  ),
  findingOf(
    {
      signal: 'latency',
      dimension: 'POST /checkout',
      unit: 'ms',
      quantile: 0.95,
      observed: 412,
      expected: 180,
      lower: 161,
      upper: 204,
      p_value: 2e-18,
      q_value: 3.1e-17,
      score: 0.94,
      reason: 'The slowest twentieth takes 412 ms or more; 180 ms before.',
      method: 'two-sample comparison of whole distributions',
      top_attributes: [],
    },
    34,
  ),
  findingOf(
    {
      signal: 'exception_new',
      dimension: 'RangeError: invalid discount',
      direction: 'new',
      unit: 'count',
      observed: 447,
      expected: 0,
      lower: 0,
      upper: 1,
      effect: 447,
      effect_unit: 'absolute',
      reason: 'Never seen in the last 14 days; 447 times since the deploy.',
      p_value: 1e-30,
      q_value: 1e-29,
      top_attributes: [],
    },
    34,
  ),
  findingOf(
    {
      signal: 'log_pattern_new',
      dimension: 'coupon <*> rejected: discount <*> out of range',
      direction: 'new',
      unit: 'per_minute',
      observed: 13.2,
      expected: 0,
      lower: 0,
      upper: 0.1,
      effect: 13.2,
      effect_unit: 'absolute',
      reason: 'A new log pattern, 447 lines so far.',
      score: 0.9,
      exemplar_trace_ids: [],
      top_attributes: [],
    },
    34,
  ),
]

const searchFindings: Finding[] = [
  findingOf(
    {
      signal: 'latency',
      dimension: 'GET /search',
      unit: 'ms',
      quantile: 0.95,
      observed: 171,
      expected: 88,
      lower: 80,
      upper: 97,
      baseline: 'concurrent',
      reason: 'New instances answer in 171 ms at p95, old ones in 88 ms, in the same minutes.',
      top_attributes: [],
    },
    71,
  ),
]

const improvedFindings: Finding[] = [
  findingOf(
    {
      signal: 'latency',
      dimension: 'POST /charge',
      unit: 'ms',
      quantile: 0.95,
      observed: 260,
      expected: 420,
      lower: 385,
      upper: 455,
      direction: 'down',
      harmful: false,
      reason: 'The slowest twentieth takes 260 ms; 420 ms before.',
      top_attributes: [],
    },
    140,
  ),
]

const findingsOf: Record<string, Finding[]> = {
  dep_checkout_2140: checkoutFindings,
  dep_search_190: searchFindings,
  dep_payments_331: improvedFindings,
}

function checkedOf(deploy: DeployItem, thin: boolean): Verdict['checked'] {
  const routes = shapes.find((shape) => shape.service === deploy.service)?.routes ?? []
  const found = findingsOf[deploy.id] ?? []
  return routes.flatMap((route) =>
    (['error_ratio', 'latency', 'throughput'] as const).map((signal) => {
      const hit = found.some((finding) => finding.signal === signal && finding.dimension === route)
      const outcome = hit ? 'finding' : thin || route === 'GET /healthz' ? 'thin' : 'pass'
      return {
        signal,
        dimension: route,
        outcome,
        reason: {
          finding: 'Differs; see the finding.',
          thin: 'Fewer than 30 requests on a side.',
          pass: 'Inside its band.',
        }[outcome],
        n: thin
          ? { baseline: 84, current: 10 }
          : { baseline: Math.round(noise(route, 'b') * 9000), current: Math.round(noise(route, 'c') * 3800) },
        smallest_effect:
          outcome === 'thin'
            ? null
            : signal === 'error_ratio'
              ? 0.004 + noise(route) * 0.01
              : 0.05 + noise(route, signal) * 0.1,
      }
    }),
  )
}

export function verdictOf(deploy: DeployItem): Verdict {
  const minutes = Math.round((nowMs - Date.parse(deploy.started_at)) / 60_000)
  const thin = deploy.verdict === 'insufficient_data'
  const pending = deploy.verdict === 'pending'
  return {
    deploy_id: deploy.id,
    service: deploy.service,
    environment: deploy.environment,
    version: deploy.version,
    commit: deploy.commit,
    verdict: deploy.verdict,
    reason: deploy.reason,
    score: deploy.verdict_score,
    decided_at: pending ? null : at(Math.max(0, minutes - 6)),
    updated_at: at(1),
    window: windows(minutes),
    findings: findingsOf[deploy.id] ?? [],
    checked: checkedOf(deploy, thin),
    power: {
      smallest_error_ratio: thin ? null : 0.006,
      smallest_latency: thin ? null : 0.08,
      needs: thin ? 'about 120 more requests' : pending ? 'about 900 more requests' : null,
      requests: thin ? { baseline: 84, current: 10 } : { baseline: 24_720, current: 12_230 },
    },
    commits: {
      wording: `${deploy.commits.length === 1 ? 'the one commit' : `1 of ${deploy.commits.length} commits`} since ${deploy.previous_version ?? 'the first deploy'}`,
      commits: deploy.commits,
    },
    suspects:
      deploy.verdict !== 'regressed'
        ? []
        : [
            {
              deploy_id: deploy.id,
              service: deploy.service,
              version: deploy.version,
              commit: deploy.commit,
              score: 0.96,
              evidence: [
                'began 1 minute after this deploy',
                'only the new instances show it',
                'payments and cart, its dependencies, are unchanged',
              ],
            },
            {
              deploy_id: 'dep_catalog_560',
              service: 'catalog',
              version: '5.6.0',
              commit: hex('dep_catalog_560', 40),
              score: 0.03,
              evidence: ['an hour earlier', 'not on the failing path'],
            },
          ],
    final: !pending && minutes > 60,
  }
}

function anomalyOf(id: string, service: string, finding: Finding, deploy: DeployItem | null, open: boolean): Anomaly {
  const {
    signal,
    dimension,
    direction,
    harmful,
    started_at,
    observed,
    expected,
    lower,
    upper,
    unit,
    effect,
    effect_unit,
    p_value,
    score,
  } = finding
  return {
    id,
    service,
    environment: env,
    signal,
    dimension,
    direction,
    harmful,
    started_at,
    observed,
    expected,
    lower,
    upper,
    unit,
    effect,
    effect_unit,
    p_value,
    score,
    state: open ? 'open' : 'closed',
    ended_at: open ? null : at(20),
    deploy: deploy && { id: deploy.id, version: deploy.version, commit: deploy.commit, commits: deploy.commits },
    suspects: deploy ? verdictOf(deploy).suspects : [],
    evidence: { finding, closed_reason: open ? null : 'Back inside its band for 15 minutes.' },
    updated_at: at(1),
  }
}

const deployById = (id: string): DeployItem => deploys.find((deploy) => deploy.id === id)!

export const anomalies: Anomaly[] = [
  ...checkoutFindings.map((finding, index) =>
    anomalyOf(`ano_checkout_${index + 1}`, 'checkout', finding, deployById('dep_checkout_2140'), true),
  ),
  anomalyOf('ano_search_1', 'search', searchFindings[0]!, deployById('dep_search_190'), true),
  anomalyOf(
    'ano_payments_1',
    'payments',
    findingOf(
      {
        signal: 'dependency_latency',
        dimension: 'card-network.example',
        unit: 'ms',
        quantile: 0.95,
        observed: 640,
        expected: 310,
        lower: 270,
        upper: 360,
        baseline: 'seasonal',
        started_at: at(260),
        reason: 'Calls to card-network.example took 640 ms at p95; 310 ms at this hour of other days.',
        score: 0.81,
        top_attributes: [],
      },
      262,
    ),
    null,
    false,
  ),
]

export const serviceRow = (shape: Shape): ServiceItem => {
  const deploy = deploys.find((each) => each.service === shape.service) ?? null
  const bad = shape.service === 'checkout'
  const points = Array.from({ length: 60 }, (_, index) => index)
  const wave = (index: number, name: string) =>
    1 + 0.12 * Math.sin(index / 9) + 0.12 * (noise(shape.service, name, index) - 0.5)
  const idle = shape.health === 'idle'
  return {
    service: shape.service,
    environment: env,
    health: shape.health,
    requests_per_minute: shape.perMinute,
    error_ratio: idle ? null : bad ? 0.123 : shape.errors,
    latency_p50_ms: idle ? null : shape.p50 * (bad ? 1.6 : 1),
    latency_p99_ms: idle ? null : shape.p50 * (bad ? 11 : 6),
    version: deploy?.version ?? '1.0.4',
    commit: deploy?.commit ?? hex(shape.service, 40),
    version_since: deploy?.started_at ?? at(9000),
    deploy_id: deploy?.id ?? null,
    verdict: deploy?.verdict ?? null,
    open_anomalies: anomalies.filter((anomaly) => anomaly.service === shape.service && anomaly.state === 'open').length,
    last_seen_at: idle ? at(190) : at(0),
    sparkline: {
      step_s: 180,
      from: at(180),
      requests: points.map((index) => (idle ? null : shape.perMinute * wave(index, 'r'))),
      error_ratio: points.map((index) =>
        idle ? null : bad && index > 48 ? 0.12 * wave(index, 'e') : shape.errors * wave(index, 'e') * 1.4,
      ),
      latency_p99_ms: points.map((index) =>
        idle ? null : shape.p50 * 6 * wave(index, 'l') * (bad && index > 48 ? 1.8 : 1),
      ),
    },
    deploys: deploys
      .filter((each) => each.service === shape.service && Date.parse(each.started_at) > nowMs - 180 * 60_000)
      .map(({ id, started_at, version, verdict }) => ({ id, started_at, version, verdict })),
  }
}
