import type { Verdict } from '../../../shared/model/verdict.ts'
import type { Frame } from './frame.ts'
import type { Signal } from './signal.ts'

/** Fewer requests than this decide nothing, whatever a single test says: about what an error ratio of 10 % takes to be seen. */
const LEAST_REQUESTS = 30

/** The smallest changes that would have been seen by now, and what is missing before anything can be said. */
export function powerOf(frame: Frame, signals: readonly Signal[]): Verdict['power'] {
  const errors = signals.filter((s) => s.name === 'error_ratio')
  const whole = errors.find((s) => s.dimension === '(all)') ?? errors[0]
  const latencies = signals
    .filter((s) => s.name === 'latency' && s.judgement.judgement !== 'nodata')
    .map((s) => s.judgement.power.smallestEffect)
    .filter((e) => e !== null)
  return {
    smallest_error_ratio: whole?.judgement.power.smallestEffect ?? null,
    smallest_latency: latencies.length > 0 ? Math.min(...latencies) : null,
    needs: needsOf(frame, whole, signals),
    requests: frame.requests,
  }
}

function needsOf(frame: Frame, whole: Signal | undefined, signals: readonly Signal[]): string | null {
  const missing = Math.max(LEAST_REQUESTS - frame.requests.current, 0)
  const told = whole?.judgement.judgement === 'nodata' ? moreIn(whole.judgement.power.needs) : 0
  const more = Math.max(missing, told)
  const answers = signals.some((s) => s.judgement.judgement !== 'nodata' && s.kind !== 'throughput')
  if (more > 0 && (whole !== undefined || frame.requestsSoFar > 0)) return `about ${more} more requests`
  if (frame.requestsSoFar === 0 && !answers)
    return `requests to the new version: none came so far, about ${LEAST_REQUESTS} are needed`
  return answers ? null : 'a longer history to compare with'
}

/** The number in "about 120 more requests". */
const moreIn = (needs: string | null): number => Number(/\d+/.exec(needs ?? '')?.[0] ?? 0)
