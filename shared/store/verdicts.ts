import type { Verdict } from '../model/verdict.ts'
import type { Store } from './store.ts'

type Row = { document: string }

/** Replaces the verdicts of these deploys. */
export async function writeVerdicts(store: Store, verdicts: readonly Verdict[]): Promise<void> {
  await store.insert(
    'verdicts',
    verdicts.map((v) => ({
      deploy_id: v.deploy_id,
      service: v.service,
      environment: v.environment,
      version: v.version,
      commit: v.commit,
      verdict: v.verdict,
      score: v.score,
      decided_at: v.decided_at === null ? null : Date.parse(v.decided_at),
      updated_at: Date.parse(v.updated_at),
      document: JSON.stringify(v),
    })),
  )
}

export const writeVerdict = (store: Store, verdict: Verdict): Promise<void> => writeVerdicts(store, [verdict])

/** The verdict of a deploy; null where it was never judged. */
export async function getVerdict(store: Store, deployId: string): Promise<Verdict | null> {
  const verdicts = await getVerdicts(store, [deployId])
  return verdicts.get(deployId) ?? null
}

/** The verdicts of up to 1,000 deploys, by deploy id. */
export async function getVerdicts(store: Store, deployIds: readonly string[]): Promise<Map<string, Verdict>> {
  if (deployIds.length === 0) return new Map()
  const rows = await store.rows<Row>(
    'SELECT document FROM verdicts FINAL WHERE deploy_id IN {ids:Array(String)} LIMIT 1000',
    { ids: deployIds.slice(0, 1000) },
  )
  return new Map(rows.map((row) => JSON.parse(row.document) as Verdict).map((v) => [v.deploy_id, v]))
}
