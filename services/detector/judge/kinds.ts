import type { Kind, Sensitivity } from './types.ts'

/** What is known of a signal from its kind alone. */
export type Prior = {
  /** Judge on logarithms (a change is a factor) or on plain numbers (a change is a difference). */
  scale: 'log' | 'plain'
  /** The direction that hurts. */
  worse: 'high' | 'low'
  /** Smallest effect that matters: a factor - 1 on logarithms, a share of the full scale on plain numbers. */
  floor: number
}

/**
 * Effect floors. Latency, resource, bench, throughput, metric: 5 %, half of the smallest shift that the labelled sets ask to be found. Benchmarks run under control, and people agree on smaller changes there: 2 % (0.005 false changes per 100 unchanged builds).
 * Success and error shares: 0.5 points, the smallest of the injected availability losses.
 */
export const PRIORS: Readonly<Record<Kind, Prior>> = {
  error: { scale: 'plain', worse: 'high', floor: 0.005 },
  success: { scale: 'plain', worse: 'low', floor: 0.005 },
  latency: { scale: 'log', worse: 'high', floor: 0.05 },
  throughput: { scale: 'log', worse: 'low', floor: 0.05 },
  resource: { scale: 'log', worse: 'high', floor: 0.05 },
  bench: { scale: 'log', worse: 'high', floor: 0.02 },
  log: { scale: 'log', worse: 'high', floor: 0.05 },
  metric: { scale: 'log', worse: 'high', floor: 0.05 },
}

/** Accepted false-alarm share per deploy. normal: 3.5 %, so that it stays below 5 % on data that it was not chosen on; the others a factor of four to either side. */
export const ALPHA: Readonly<Record<Sensitivity, number>> = { low: 0.009, normal: 0.035, high: 0.14 }

/** Score in 0..1 from a p-value: 0.5 exactly at alpha, 1 at p = 0, 0 at p = 1; logarithmic, so that ranks survive tiny p-values. */
export function scoreOf(pValue: number, alpha: number): number {
  const evidence = -Math.log(Math.max(pValue, 1e-300))
  return evidence / (evidence + -Math.log(alpha))
}
