import type { Finding, SignalName } from '../../../shared/model/verdict.ts'

/** What on-call wants to read first: what users feel, then what explains it. */
const ORDER: readonly SignalName[] = [
  'silence',
  'error_ratio',
  'latency',
  'secret_new',
  'route_vanished',
  'throughput',
  'dependency_error_ratio',
  'dependency_latency',
  'exception_new',
  'exception_rate',
  'log_pattern_new',
  'log_error_rate',
  'log_pattern_rate',
  'calls_per_request',
  'metric',
  'dependency_vanished',
  'dependency_new',
  'route_new',
  'log_pattern_vanished',
  'attribute_new',
  'attribute_vanished',
]
/** A route that holds this share of the service's additional failures is the finding; the service's own ratio says nothing more. */
const EXPLAINS = 0.6

/** Findings in the order of reading: harmful first, then by what they are, then by weight. */
export function arrange(findings: readonly Finding[]): Finding[] {
  const rank = (f: Finding) => ORDER.indexOf(f.signal)
  return findings
    .filter((f) => !explained(f, findings))
    .sort(
      (a, b) =>
        Number(b.harmful) - Number(a.harmful) ||
        rank(a) - rank(b) ||
        b.score - a.score ||
        Math.abs(b.effect) - Math.abs(a.effect) ||
        (a.dimension < b.dimension ? -1 : 1),
    )
}

/** The whole service's error ratio, where one route accounts for most of it. */
function explained(f: Finding, all: readonly Finding[]): boolean {
  if (f.signal !== 'error_ratio' || f.dimension !== '(all)') return false
  const excess = (x: Finding) => x.effect * x.n.current
  return all.some(
    (r) => r.signal === 'error_ratio' && r !== f && r.direction === f.direction && excess(r) >= EXPLAINS * excess(f),
  )
}
