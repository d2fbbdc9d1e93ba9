import type { Deploy } from '../../shared/model/deploy.ts'
import type { Finding, Suspect, Verdict } from '../../shared/model/verdict.ts'
import { listDeploys } from '../../shared/state/deploys.ts'
import { listCalls } from '../../shared/store/rollups.ts'
import type { Deps } from './memory.ts'
import { rankSuspects } from './suspects.ts'

/** Deploys this long before a change are asked about it. */
const NEAR_MS = 60 * 60_000

/** Who could have caused what a verdict found: its own deploy, others of the service, and those of the services it calls. */
export async function suspectsOf(
  deps: Pick<Deps, 'store' | 'state'>,
  deploy: Deploy,
  verdict: Verdict,
): Promise<Suspect[]> {
  const harmful = verdict.verdict === 'regressed' ? verdict.findings.filter((f) => f.harmful) : []
  if (harmful.length === 0) return []
  const onsetMs = Math.min(...harmful.map((f) => Date.parse(f.started_at)))
  const { environment, service } = deploy
  const calls = await listCalls(deps.store, { environment, fromMs: onsetMs - NEAR_MS, toMs: onsetMs + NEAR_MS / 6 })
  const { items } = await listDeploys(deps.state, {
    environment,
    fromMs: onsetMs - NEAR_MS,
    toMs: onsetMs + 60_000,
    limit: 200,
  })
  const near = items.some((d) => d.id === deploy.id) ? items : [...items, deploy]
  const split = new Set(harmful.some(isSplit) ? [deploy.id] : [])
  // The first version of a service ever seen changed nothing: there was nothing before it.
  return rankSuspects({
    service,
    onsetMs,
    near: near.filter((d) => d.previous_id !== null || d.id === deploy.id),
    calls,
    split,
    regressed: new Set(),
  })
}

const isSplit = (f: Finding): boolean => f.baseline === 'concurrent'
