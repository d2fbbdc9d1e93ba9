/** Who sends to the shop's Plumbline, and what else is connected. */
import type { Channel, Integrations } from '../../services/web/api/schemas.ts'
import { at, deploys, env, shapes } from './console-world.ts'

const sdk = (language: string, version: string, distro = '', distro_version = '') => ({
  ...{ language, name: language === '' ? '' : 'opentelemetry', version, distro, distro_version },
})

const made: Record<string, Integrations['senders'][number]['sdks']> = {
  checkout: [sdk('nodejs', '2.9.0')],
  search: [sdk('java', '1.58.0', 'opentelemetry-java-instrumentation', '2.24.0')],
  recommender: [sdk('python', '1.40.0', 'opentelemetry', '0.61b0')],
  gateway: [sdk('', '')],
  payments: [sdk('dotnet', '1.14.0'), sdk('dotnet', '1.15.1')],
}

export function integrationsOf(empty: boolean, channels: Channel[]): Integrations {
  const sources = ['telemetry', 'api', 'github', 'cdevents'] as const
  return {
    ...{ from: at(1440), to: at(0) },
    senders: empty
      ? []
      : shapes.map(({ service }, i) => ({
          ...{ service, environment: env, sdks: made[service] ?? [sdk('go', '1.40.0')] },
          ...{ traces_at: at(1 + (service === 'emails' ? 300 : 0)), metrics_at: i % 3 === 2 ? null : at(1) },
          logs_at: service === 'gateway' ? null : at(2),
        })),
    deploy_sources: sources.map((source) => {
      const told = empty ? [] : deploys.filter((deploy) => deploy.sources.includes(source))
      const last = told[0]
      return {
        ...{ source, deploys: told.length, looked_at: empty ? 0 : deploys.length },
        last: last ? { id: last.id, service: last.service, version: last.version, started_at: last.started_at } : null,
      }
    }),
    channels: channels.map(({ id, name, kind, enabled }) => ({
      ...{ id, name, kind, enabled },
      last_delivered_at: enabled ? at(31) : null,
    })),
  }
}
