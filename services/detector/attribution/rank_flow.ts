import { type Excess, excessOf, type Measure, type NodeSeries } from './excess.ts'
import { type CallGraph, calleesOf, distances } from './graph.ts'

export type Suspect = {
  node: string
  /** `origin`: the excess begins here. `affected`: what it calls explains its excess. */
  role: 'origin' | 'affected'
  /** The excess that no significant callee explains: seconds (or whatever the latency's unit is), or failed requests. */
  score: number
  evidence: string[]
}

export type Ranking = {
  /** Best first; empty when nothing behind the target is different. */
  suspects: Suspect[]
  /** Nodes with enough data to be judged. */
  checked: number
  reason: string
}

export type FlowQuestion = {
  graph: CallGraph
  /** The service that users see; only what it reaches can be the cause. */
  target: string
  measure: Measure
  history: ReadonlyMap<string, NodeSeries>
  window: ReadonlyMap<string, NodeSeries>
  /** How to write an amount of latency × requests, e.g. `s`. */
  unit?: string
}

/** The excess must be this much above what 95 % of the stretches of history showed … */
const margin = 1.25
/** … in a good part of the window, since one bad step of many is no state … */
const leastRaisedShare = 0.25
/** … and, for latency, make up this much of the time that the target's requests take. */
const leastShareOfTarget = 0.02
/** Failures above the usual that count as more than chance where there were none before. */
const leastFailures = 2

/**
 * Ranks what a service reaches over the call graph by the excess that begins there. Time spent (latency × requests) and failed
 * requests flow from callee to caller, so a node's own part is its excess without that of the callees that are significantly
 * worse themselves. What is significant is decided by the node's own history: stretches as long as the window.
 */
export function rankByFlow(question: FlowQuestion): Ranking {
  const { graph, target, measure } = question
  const reach = distances(graph, target)
  const all = new Map<string, Excess>()
  for (const node of reach.keys()) {
    const history = question.history.get(node)
    const window = question.window.get(node)
    const excess = history && window ? excessOf(history, window, measure) : null
    if (excess !== null) all.set(node, excess)
  }
  const targetTotal = totalOf(all.get(target))
  const worse = new Map([...all].filter(([, e]) => isSignificant(e, measure, targetTotal)))
  const suspects = [...worse.keys()].map((node) => suspectOf(node, worse, graph, question))
  suspects.sort((a, b) => b.score - a.score || reach.get(b.node)! - reach.get(a.node)! || (a.node < b.node ? -1 : 1))
  const reason =
    suspects.length === 0
      ? `none of the ${all.size} nodes that ${target} reaches is worse than its own history`
      : `${suspects.length} of the ${all.size} nodes that ${target} reaches are worse than their own history`
  return { suspects, checked: all.size, reason }
}

const totalOf = (e: Excess | undefined): number => (e === undefined ? 0 : e.observed * e.requests)

function isSignificant(e: Excess, measure: Measure, targetTotal: number): boolean {
  if (e.total <= 0 || e.perStep <= e.perStepBefore * margin || e.raisedShare < leastRaisedShare) return false
  return measure === 'latency' ? e.total >= leastShareOfTarget * targetTotal : e.total >= leastFailures
}

function suspectOf(
  node: string,
  worse: ReadonlyMap<string, Excess>,
  graph: CallGraph,
  question: FlowQuestion,
): Suspect {
  const own = worse.get(node)!
  const callees = [...calleesOf(graph, node)].filter((callee) => worse.has(callee))
  const explained = callees.reduce((sum, callee) => sum + worse.get(callee)!.total, 0)
  const score = own.total - explained
  const evidence = [describe(own, question.measure, question.unit ?? '')]
  if (callees.length > 0)
    evidence.push(
      `its callees ${callees.sort().join(', ')} explain ${amount(Math.min(explained, own.total))} of ${amount(own.total)}`,
    )
  else evidence.push('nothing that it calls is worse than usual')
  return { node, role: score > explained ? 'origin' : 'affected', score, evidence }
}

function describe(e: Excess, measure: Measure, unit: string): string {
  const history = `${amount(e.perStep)} a step; 95 % of ${e.placebos} stretches of its history stayed below ${amount(e.perStepBefore)}`
  if (measure === 'latency')
    return `${amount(e.observed)}${unit} a request instead of ${amount(e.usual)}${unit} over ${e.requests} requests: ${amount(e.total)}${unit} more in all, ${history}`
  return `${percent(e.observed)} of ${e.requests} requests failed instead of ${percent(e.usual)}: ${amount(e.total)} more in all, ${history}`
}

const amount = (x: number): string => Number(x.toPrecision(3)).toString()
const percent = (x: number): string => `${amount(x * 100)} %`
