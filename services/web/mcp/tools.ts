import { z } from 'zod'
import { findDeploy, paging, place, times, whichDeploy } from './inputs.ts'
import { type Tool, tool } from './tool.ts'
import { anomalyLine, compareView, deployLine, serviceLine, traceView, verdictView } from './views.ts'

type Page = { items: Record<string, unknown>[]; next: string | null }
type One = Record<string, unknown>

const listServices = tool({
  name: 'list_services',
  title: 'Services',
  description:
    'Every service of the last week: health, requests, errors, latency, running version. The worst come first.',
  input: z.strictObject({ environment: place.environment }),
  run: async (query, call) => {
    const { items } = await call<Page>('/api/v1/services', { query })
    return { items: items.map(serviceLine) }
  },
})

const listDeploys = tool({
  name: 'list_deploys',
  title: 'Deploys',
  description:
    'Deploys, newest first, each with the word and the reason of its verdict. Filter by service, version or commit.',
  input: z.strictObject({
    ...place,
    version: whichDeploy.version,
    commit: whichDeploy.commit,
    ...times,
    ...paging(100, 20),
  }),
  run: async (query, call) => {
    const { items, next } = await call<Page>('/api/v1/deploys', { query })
    return { items: items.map(deployLine), next }
  },
})

const getVerdict = tool({
  name: 'get_verdict',
  title: 'Verdict of a deploy',
  description:
    'Does production still look the same since this deploy? Answers regressed, improved, no_difference, insufficient_data ' +
    'or pending, with findings, what was checked, and the smallest change that would have been seen.',
  input: z.strictObject(whichDeploy),
  run: async (of, call) => {
    const id = await findDeploy(of, call)
    const [verdict, anomalies] = await Promise.all([
      call<One>('/api/v1/deploys/{id}/verdict', { params: { id } }),
      call<Page>('/api/v1/anomalies', { query: { deploy: id, limit: 20 } }),
    ])
    return { ...verdictView(verdict), anomalies: anomalies.items.map(anomalyLine) }
  },
})

const explainAnomaly = tool({
  name: 'explain_anomaly',
  title: 'Why an anomaly was raised',
  description:
    'One anomaly with its evidence: observed and expected, interval, sample sizes, trace ids, suspects, and the SQL that ' +
    'reproduces it. Without anomaly_id: the newest open one of the deploy or the service.',
  input: z.strictObject({
    anomaly_id: z.string().min(1).max(256).optional().meta({ description: 'Id of the anomaly' }),
    deploy_id: whichDeploy.deploy_id,
    ...place,
  }),
  run: async ({ anomaly_id, deploy_id, ...where }, call) => {
    if (anomaly_id !== undefined)
      return { anomaly: await call<One>('/api/v1/anomalies/{id}', { params: { id: anomaly_id } }) }
    const { items } = await call<Page>('/api/v1/anomalies', {
      query: { ...where, deploy: deploy_id, state: 'open', limit: 20 },
    })
    return { anomaly: items[0] ?? null, others: items.slice(1).map(anomalyLine) }
  },
})

const compareVersions = tool({
  name: 'compare_versions',
  title: 'Two deploys side by side',
  description:
    'Signals, routes, dependencies, exceptions, log patterns, metrics and differing attribute values of a deploy (a) against another (b), aligned on ' +
    'the time since each began. Without with_deploy_id and with_version: against the deploy before, or the same hours of last week.',
  input: z.strictObject({
    ...whichDeploy,
    with_deploy_id: whichDeploy.deploy_id,
    with_version: whichDeploy.version,
    baseline: z.enum(['deploy', 'last_week']).optional(),
  }),
  run: async ({ with_deploy_id, with_version, baseline, ...of }, call) => {
    const id = await findDeploy(of, call)
    const other =
      with_version === undefined
        ? with_deploy_id
        : await findDeploy({ ...(await placeOf(id, call)), version: with_version }, call)
    return compareView(
      await call<One>('/api/v1/deploys/{id}/compare', { params: { id }, query: { with: other, baseline } }),
    )
  },
})

const placeOf = async (id: string, call: Parameters<Tool['run']>[1]) => {
  const { service, environment } = await call<{ service: string; environment: string }>('/api/v1/deploys/{id}', {
    params: { id },
  })
  return { service, environment }
}

const searchLogs = tool({
  name: 'search_logs',
  title: 'Log lines',
  description:
    'Log lines of the last hour (or from–to), newest first. `level` is that severity and above, `q` a part of the text.',
  input: z.strictObject({
    ...place,
    version: whichDeploy.version,
    level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).optional(),
    q: z.string().min(1).max(1024).optional().meta({ description: 'Text that the line contains' }),
    trace_id: z.string().min(1).max(64).optional(),
    ...times,
    ...paging(100, 20),
  }),
  run: async (query, call) => {
    const { items, next } = await call<Page>('/api/v1/logs', { query })
    return { items, next }
  },
})

const getTrace = tool({
  name: 'get_trace',
  title: 'A trace',
  description:
    'Spans and log lines of one trace, in the order of time. Failed spans and their ancestors are kept first.',
  input: z.strictObject({ trace_id: z.string().min(1).max(64).meta({ description: 'Trace id, hexadecimal' }) }),
  run: async ({ trace_id }, call) => traceView(await call<One>('/api/v1/traces/{id}', { params: { id: trace_id } })),
})

/** Everything that an agent can ask; each reads through the API's own handlers. */
export const tools: readonly Tool[] = [
  listDeploys,
  getVerdict,
  explainAnomaly,
  compareVersions,
  searchLogs,
  getTrace,
  listServices,
]
