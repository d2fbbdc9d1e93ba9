/** A small believable shop for the console's tests: its services and deploys. Times count back from one instant. */
import type { DeployItem, ServiceItem, VerdictWord } from '../../services/web/api/schemas.ts'

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
  ['dep_gateway_76', 'gateway', 172, '76', 'no_difference', 'All 41 series look as before.', 'config'],
  ['dep_gateway_75', 'gateway', 181, '75', 'no_difference', 'All 41 series look as before.', 'config'],
  ['dep_gateway_74', 'gateway', 420, '74', 'no_difference', 'All 40 series look as before.', 'config'],
  ['dep_checkout_2139', 'checkout', 1510, '2.13.9', 'no_difference', 'All 31 series look as before.'],
  ['dep_search_189', 'search', 2020, '1.8.9', 'no_difference', 'All 12 series look as before.', 'rollback'],
  ['dep_recommender_030', 'recommender', 3000, '0.3.0', 'no_difference', 'All 3 series look as before.'],
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
