import type { Deploy } from '../../../shared/model/deploy.ts'
import { seriesOf, type Window } from '../window/window.ts'
import { type Around, isChange } from './around.ts'
import type { Measure, NodeSeries } from './excess.ts'
import { callGraph } from './graph.ts'
import { rankByFlow } from './rank_flow.ts'

type Minutes = { before: readonly number[]; since: readonly number[] }

/**
 * The deploy in whose service the excess of `target` begins, by the flow over the call graph: of the services that `target` reaches (itself
 * included) and that are worse than their own history, the first in rank with a deploy that `could`.
 */
export function originOf(
  target: string,
  measure: Measure,
  { before, since }: Minutes,
  around: Around,
  could: (d: Deploy) => boolean,
): Deploy | null {
  const history = new Map<string, NodeSeries>()
  const window = new Map<string, NodeSeries>()
  for (const [service, w] of around.windows) {
    history.set(service, nodeOf(w, before, measure))
    window.set(service, nodeOf(w, since, measure))
  }
  const graph = callGraph(around.calls.map((c) => [c.caller, c.callee] as const))
  const ranking = rankByFlow({ graph, target, measure, history, window, unit: ' ms' })
  for (const { node } of ranking.suspects) {
    const deploys = around.near.filter((d) => d.service === node && isChange(d) && could(d))
    if (deploys.length > 0) return deploys.reduce((a, b) => (b.started_at > a.started_at ? b : a))
  }
  return null
}

/** Entry spans of a whole service, minute by minute: the mean duration in ms, or the share that failed. */
function nodeOf(window: Window, minutes: readonly number[], measure: Measure): NodeSeries {
  const routes = seriesOf(window, 'route')
  const at = (minute: number) => {
    const slot = minute - window.fromMinute
    let [requests, bad, ms] = [0, 0, 0]
    for (const s of routes) {
      requests += s.total[slot] ?? 0
      bad += s.bad[slot] ?? 0
      ms += s.sum[slot] ?? 0
    }
    return { requests, value: requests === 0 ? null : (measure === 'errors' ? bad : ms) / requests }
  }
  const steps = minutes.map(at)
  return { value: steps.map((s) => s.value), requests: steps.map((s) => s.requests) }
}
