/** Who calls whom: caller → callees. Nodes are services, or anything that answers calls: databases, queues, functions. */
export type CallGraph = ReadonlyMap<string, ReadonlySet<string>>

/** The graph of these calls; a call of itself is left out. */
export function callGraph(calls: Iterable<readonly [caller: string, callee: string]>): CallGraph {
  const graph = new Map<string, Set<string>>()
  for (const [caller, callee] of calls) {
    if (!graph.has(caller)) graph.set(caller, new Set())
    if (!graph.has(callee)) graph.set(callee, new Set())
    if (caller !== callee) graph.get(caller)!.add(callee)
  }
  return graph
}

export const calleesOf = (graph: CallGraph, node: string): ReadonlySet<string> => graph.get(node) ?? new Set()

/** Calls from `from` to each node that it reaches, itself included (0). */
export function distances(graph: CallGraph, from: string): Map<string, number> {
  const distance = new Map([[from, 0]])
  const queue = [from]
  for (const node of queue) {
    for (const callee of calleesOf(graph, node)) {
      if (distance.has(callee)) continue
      distance.set(callee, distance.get(node)! + 1)
      queue.push(callee)
    }
  }
  return distance
}
