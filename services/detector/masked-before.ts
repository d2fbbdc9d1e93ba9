import type { Deploy } from '../../shared/model/deploy.ts'
import type { Store } from '../../shared/store/store.ts'

/**
 * The rules by which something of a service was masked before a deploy, by any version and as far back as rollups are kept, and the epoch
 * minute in which each did first: what is logged at every start, or once a month, does not begin with a deploy.
 */
export async function readMaskedBefore(store: Store, deploy: Deploy): Promise<Map<string, number>> {
  const beganMs = Math.min(Date.parse(deploy.started_at), Date.parse(deploy.first_seen_at ?? deploy.started_at))
  const rows = await store.rows<{ rule: string; first: number }>(
    `SELECT rule, toUInt32(min(toUnixTimestamp(minute)) / 60) AS first FROM rollup_redactions FINAL
     WHERE service = {service:String} AND environment = {environment:String} AND minute < fromUnixTimestamp({began_s:Int64}) AND count > 0 GROUP BY rule`,
    { service: deploy.service, environment: deploy.environment, began_s: Math.floor(beganMs / 60_000) * 60 },
  )
  return new Map(rows.map(({ rule, first }) => [rule, Number(first)]))
}
