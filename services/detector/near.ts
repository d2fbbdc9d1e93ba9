import type { Deploy } from '../../shared/model/deploy.ts'
import { listDeploys } from '../../shared/state/deploys.ts'
import { listCallersOf, listCalls } from '../../shared/store/rollups.ts'
import type { Around } from './attribution/around.ts'
import { callGraph, distances } from './attribution/graph.ts'
import type { Deps, Memory } from './memory.ts'
import { spanOf } from './window/cache.ts'
import { keysOf, seriesOf, type Window } from './window/window.ts'

/** Deploys this long before a change are asked about it. */
const NEAR_MS = 60 * 60_000
/** Services that are looked at beside the one judged: those it reaches over two calls, and those that call what it calls. */
const MAX_CALLEES = 12
const MAX_CALLERS = 12
const HOPS = 2
const MAX_PEERS = 50

/** Reads what is known of the services around one whose deploy shows something harmful: it is asked for only then. */
export async function readAround(
  deps: Pick<Deps, 'store' | 'state' | 'config'>,
  memory: Pick<Memory, 'windows' | 'lines'>,
  o: { deploy: Deploy; window: Window; onsetMs: number; untilMs: number },
): Promise<Around> {
  const { deploy, window, onsetMs } = o
  const { environment, service } = deploy
  const span = { fromMs: onsetMs - NEAR_MS, toMs: Math.max(o.untilMs, onsetMs + 60_000) }
  const calls = await listCalls(deps.store, { environment, ...span })
  const peers = keysOf(seriesOf(window, 'edge')).slice(0, MAX_PEERS)
  const callers = await listCallersOf(deps.store, { environment, peers, limit: MAX_CALLERS + 1, ...span })
  const { items } = await listDeploys(deps.state, { environment, ...span, limit: 200 })
  const reach = distances(callGraph(calls.map((c) => [c.caller, c.callee] as const)), service)
  const callees = [...reach].filter(([, hops]) => hops > 0 && hops <= HOPS).slice(0, MAX_CALLEES)
  const names = [...new Set([...callees.map(([name]) => name), ...callers])].filter((name) => name !== service)
  const idOf = (name: string) => `${deploy.id}\n${name}`
  const minutes = spanOf(deploy, deps.config.watchMinutes)
  await memory.windows.load(
    names.map((name) => ({ id: idOf(name), service: name, environment, ...minutes })),
    ['route', 'edge'],
  )
  const lines = [...memory.lines.lines.values()].filter((line) => line.environment === environment)
  return {
    windows: new Map(
      names.flatMap((name) => {
        const w = memory.windows.get(idOf(name))
        return w ? [[name, w] as const] : []
      }),
    ),
    lines: new Map(lines.map((line) => [line.service, line.points])),
    calls,
    near: items.some((d) => d.id === deploy.id) ? items : [...items, deploy],
  }
}
