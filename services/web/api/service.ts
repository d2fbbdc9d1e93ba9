import { z } from 'zod'
import { sameBuild } from '../../../shared/state/deploy-merge.ts'
import { listDeploys } from '../../../shared/state/deploys.ts'
import {
  dependenciesOf,
  environmentsOf,
  exceptionsOf,
  firstSaidBy,
  metricsOf,
  routesOf,
  versionsOf,
} from '../../../shared/store/service-detail.ts'
import { getVerdicts } from '../../../shared/store/verdicts.ts'
import { notFound } from '../problem.ts'
import { type Api, ok, type Route, route } from '../route.ts'
import { isoOf, name, range, spanOf } from './query.ts'
import { type ServiceDetail, service } from './schemas/services.ts'

const DAY_MS = 86_400_000
const LOOK_BACK_MS = 30 * DAY_MS

/**
 * The environment that is meant: the one asked for, else the busiest.
 * @throws ProblemError 404 where the service was not seen from 30 days before the span until now
 */
export async function placeOf(
  api: Api,
  serviceName: string,
  environment: string | undefined,
  span: { fromMs: number; toMs: number },
): Promise<{ environment: string; environments: string[] }> {
  const environments = await environmentsOf(api.store, serviceName, {
    fromMs: span.fromMs - LOOK_BACK_MS,
    toMs: Math.max(span.toMs, api.clock.nowMs()),
  })
  const first = environments[0]
  if (first === undefined) throw notFound('service', serviceName)
  return { environment: environment ?? first, environments }
}

async function readVersions(api: Api, scope: Parameters<typeof versionsOf>[1]): Promise<ServiceDetail['versions']> {
  const { service, environment } = scope
  const [versions, said] = await Promise.all([versionsOf(api.store, scope), firstSaidBy(api.store, scope)])
  const { items: deploys } = await listDeploys(api.state, { service, environment, toMs: scope.toMs, limit: 500 })
  const verdicts = await getVerdicts(
    api.store,
    deploys.map((d) => d.id),
  )
  return versions.map((v, i) => {
    const deploy = deploys.find((d) => sameBuild(d, v))
    // The first version that is known says everything first.
    const first = i === versions.length - 1 ? undefined : said.find((s) => s.version === v.version)
    return {
      ...v,
      new_exceptions: first?.exceptions ?? [],
      new_log_patterns: first?.log_patterns ?? 0,
      deploy_id: deploy?.id ?? null,
      verdict: deploy ? (verdicts.get(deploy.id)?.verdict ?? 'pending') : null,
    }
  })
}

export const serviceRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/v1/services/{name}',
    scope: 'read',
    tag: 'services',
    summary: 'One service: versions, routes, dependencies, exceptions, metrics',
    params: z.strictObject({ name }),
    query: z.strictObject({ environment: name.optional(), ...range }),
    answers: ok(service),
    handle: async ({ params, query }, api) => {
      const span = spanOf(query, api.clock.nowMs(), DAY_MS)
      const place = await placeOf(api, params.name, query.environment, span)
      const scope = { ...span, service: params.name, environment: place.environment }
      const [versions, routes, dependencies, exceptions, metrics] = await Promise.all([
        readVersions(api, scope),
        routesOf(api.store, scope),
        dependenciesOf(api.store, scope),
        exceptionsOf(api.store, scope),
        metricsOf(api.store, scope),
      ])
      const body: ServiceDetail = {
        service: params.name,
        environments: place.environments,
        environment: place.environment,
        from: isoOf(span.fromMs),
        to: isoOf(span.toMs),
        versions,
        routes,
        dependencies: dependencies.map(({ latency_p50_ms: _, ...d }) => d),
        exceptions,
        metrics: metrics.map(({ mean: _, points: __, ...metric }) => metric),
      }
      return { body }
    },
  }),
]
