import type { Sensitivity } from '../judge/index.ts'
import { keysOf } from '../window/window.ts'
import { attributeSignals } from './attributes.ts'
import { callSignals } from './calls.ts'
import { errorSignal } from './errors.ts'
import { exceptionSignal, logSignal } from './events.ts'
import type { Frame } from './frame.ts'
import { latencySignal } from './latency.ts'
import { patternSignals } from './patterns.ts'
import { secretSignals } from './secrets.ts'
import { metricSignals, throughputSignal } from './series.ts'
import type { Signal } from './signal.ts'
import { structureSignals } from './structure.ts'

/** Keys judged of each kind, the busiest first. */
const MAX_ROUTES = 200
const MAX_EDGES = 100
const MAX_EXCEPTIONS = 100

/** Every signal of the service that can be compared for this deploy. */
export function gather(frame: Frame, sensitivity: Sensitivity): Signal[] {
  if (frame.end <= frame.from) return []
  const routes = keysOf(frame.index.all.get('route') ?? []).slice(0, MAX_ROUTES)
  const edges = keysOf(frame.index.all.get('edge') ?? []).slice(0, MAX_EDGES)
  const exceptions = keysOf(frame.index.all.get('exception') ?? []).slice(0, MAX_EXCEPTIONS)
  const throughput = routes.length > 0 ? throughputSignal(frame, sensitivity) : null
  return [
    ...(routes.length > 1 ? [errorSignal(frame, 'route', null, sensitivity)] : []),
    ...routes.map((key) => errorSignal(frame, 'route', key, sensitivity)),
    ...routes.map((key) => latencySignal(frame, 'route', key, sensitivity)),
    ...(throughput ? [throughput] : []),
    ...edges.map((key) => errorSignal(frame, 'edge', key, sensitivity)),
    ...edges.map((key) => latencySignal(frame, 'edge', key, sensitivity)),
    ...(routes.length > 0 ? exceptions.map((key) => exceptionSignal(frame, key, sensitivity)) : []),
    ...((frame.index.all.get('log') ?? []).length > 0 ? [logSignal(frame, sensitivity)] : []),
    ...metricSignals(frame, sensitivity),
    ...structureSignals(frame, 'route'),
    ...structureSignals(frame, 'edge'),
    ...patternSignals(frame, sensitivity),
    ...callSignals(frame, sensitivity),
    ...secretSignals(frame),
    ...attributeSignals(frame),
  ]
}
