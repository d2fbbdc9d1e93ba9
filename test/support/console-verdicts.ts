/** Verdicts, anomalies and rows of services of the shop. */
import type { Anomaly, DeployItem, Finding, ServiceItem, Verdict } from '../../services/web/api/schemas.ts'
import { checkoutFindings, findingOf, findingsOf, searchFindings, windows } from './console-findings.ts'
import { at, deploys, env, hex, noise, nowMs, type Shape, shapes } from './console-world.ts'

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
        n:
          outcome === 'thin'
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

/** The deploy itself first, and catalog's; search, which calls catalog, is slow with it. */
function suspectsOf(deploy: DeployItem): Verdict['suspects'] {
  const calling = deploy.service === 'search'
  const own = {
    deploy_id: deploy.id,
    service: deploy.service,
    version: deploy.version,
    commit: deploy.commit,
    score: calling ? 0.31 : 0.96,
    evidence: calling
      ? ['began 14 minutes after this deploy']
      : [
          'began 1 minute after this deploy',
          'only the new instances show it',
          'payments and cart, its dependencies, are unchanged',
        ],
  }
  const catalog = {
    deploy_id: 'dep_catalog_560',
    service: 'catalog',
    version: '5.6.0',
    commit: hex('dep_catalog_560', 40),
    score: calling ? 0.88 : 0.03,
    evidence: calling ? ['began with it', 'search calls it'] : ['an hour earlier', 'not on the failing path'],
  }
  return calling ? [catalog, own] : [own, catalog]
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
    suspects: deploy.verdict === 'regressed' ? suspectsOf(deploy) : [],
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
