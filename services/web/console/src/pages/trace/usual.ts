/** A span against what its operation usually takes. Pure. */
import { ms, percent } from '../../lib/format.ts'
import type { SpanBaseline } from '../../lib/types.ts'

type Usual = NonNullable<SpanBaseline['own']>

/** Below so many requests a p95 is the slowest few. */
const LEAST = 50

const enough = (usual: Usual | null): usual is Usual => usual !== null && usual.requests >= LEAST

/** What a span is marked against: the versions before its own where they had enough requests, else its own. */
const marked = (baseline: SpanBaseline | undefined): Usual | null =>
  [baseline?.before ?? null, baseline?.own ?? null].find(enough) ?? null

export type Mark = { beyond: boolean; text: string; means: string }

/** '4.9 × p50 60 ms' where the span took longer than 95 % of its operation, else only that p50. Null where too few are known. */
export function markOf(baseline: SpanBaseline | undefined, durationMs: number): Mark | null {
  const usual = marked(baseline)
  if (!usual) return null
  const beyond = durationMs > usual.p95_ms && usual.p50_ms > 0
  const times = Number((durationMs / usual.p50_ms).toPrecision(2))
  return {
    beyond,
    text: `${beyond ? `${times} × ` : ''}p50 ${ms(usual.p50_ms)}`,
    means: `${beyond ? 'Longer than' : 'Within'} p95 ${ms(usual.p95_ms)} of ${usual.versions.join(', ') || 'its operation'}`,
  }
}

/** 'longer than 99.2 % of them' or 'shorter than 60 % of them'. */
export const rankWord = (usual: Usual): string =>
  usual.faster >= 0.5
    ? `longer than ${percent(Math.min(usual.faster, 0.999))} of them`
    : `shorter than ${percent(Math.min(1 - usual.faster, 0.999))} of them`
