import type { Store } from './store.ts'
import { BETWEEN_S } from './within.ts'

export type CallRow = { caller: string; callee: string; requests: number; errors: number }

/** Which service called which in a span. */
export const listCalls = (store: Store, o: { environment: string; fromMs: number; toMs: number }): Promise<CallRow[]> =>
  store.rows<CallRow>(
    `SELECT caller, callee, toFloat64(sum(requests)) AS requests, toFloat64(sum(errors)) AS errors FROM rollup_calls FINAL
     WHERE environment = {environment:String} AND ${BETWEEN_S} GROUP BY caller, callee ORDER BY requests DESC, caller, callee LIMIT 5000`,
    {
      environment: o.environment,
      from_s: Math.floor(o.fromMs / 60_000) * 60,
      to_s: Math.ceil(o.toMs / 60_000) * 60,
    },
  )

/** Services that call one of these far sides in a span, those with most calls first. */
export async function listCallersOf(
  store: Store,
  o: { environment: string; peers: readonly string[]; fromMs: number; toMs: number; limit: number },
): Promise<string[]> {
  if (o.peers.length === 0) return []
  const rows = await store.rows<{ service: string }>(
    `SELECT service FROM rollup_edges FINAL WHERE environment = {environment:String} AND peer IN {peers:Array(String)} AND ${BETWEEN_S}
     GROUP BY service ORDER BY sum(requests) DESC, service LIMIT {limit:UInt32}`,
    {
      environment: o.environment,
      peers: [...o.peers],
      from_s: Math.floor(o.fromMs / 60_000) * 60,
      to_s: Math.ceil(o.toMs / 60_000) * 60,
      limit: o.limit,
    },
  )
  return rows.map((r) => r.service)
}
