/** Who answers how much of a service's traffic. Pure. */
import type { Series } from './types.ts'

export type Share = { version: string; requests: number; share: number }

/**
 * Requests of each version in the steps that began in [fromS, toS), most first; empty where nobody asked anything.
 * @param lines the series of `requests`, by version
 */
export function sharesOf(lines: Series['series'], fromS = 0, toS = Number.POSITIVE_INFINITY): Share[] {
  const counted = lines.map((line) => ({
    version: line.key.version ?? '',
    requests: line.samples.reduce((sum, [atS, requests]) => (atS >= fromS && atS < toS ? sum + requests : sum), 0),
  }))
  const total = counted.reduce((sum, each) => sum + each.requests, 0)
  return counted
    .filter((each) => each.requests > 0)
    .map((each) => ({ ...each, share: each.requests / total }))
    .sort((a, b) => b.requests - a.requests)
}

/** The last `spanS` seconds of the steps in which anything was asked, as [fromS, toS), or null where nothing was. */
export function newestSpan(
  lines: Series['series'],
  stepS: number,
  spanS: number,
): { fromS: number; toS: number } | null {
  const lastS = lines.reduce(
    (last, line) =>
      Math.max(last, line.samples.findLast(([, requests]) => requests > 0)?.[0] ?? Number.NEGATIVE_INFINITY),
    Number.NEGATIVE_INFINITY,
  )
  return Number.isFinite(lastS) ? { fromS: lastS + stepS - Math.max(spanS, stepS), toS: lastS + stepS } : null
}
