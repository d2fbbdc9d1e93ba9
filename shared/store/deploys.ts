import type { Deploy } from '../model/deploy.ts'
import type { Store } from './store.ts'

/** Copies deploys into ClickHouse, for joins and dashboards. The truth is in the state. */
export async function mirrorDeploys(store: Store, deploys: readonly Deploy[]): Promise<void> {
  await store.insert(
    'deploys',
    deploys.map((d) => ({
      id: d.id,
      service: d.service,
      environment: d.environment,
      version: d.version,
      commit: d.commit,
      kind: d.kind,
      started_at: Date.parse(d.started_at),
      finished_at: d.finished_at === null ? null : Date.parse(d.finished_at),
      actor: d.actor ?? '',
      url: d.url ?? '',
      document: JSON.stringify(d),
      updated_at: Date.parse(d.updated_at),
    })),
  )
}
