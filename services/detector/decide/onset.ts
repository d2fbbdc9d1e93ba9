/**
 * When a level changed: the split of a series into two constant levels with the largest likelihood (Hinkley 1970), for
 * counts of failures and for means with weights.
 */
export type Split = { at: number; gain: number }

/** Log-likelihood ratio from which an earlier split is believed: e^6, since the best of many earlier splits is compared with one. */
export const CLEAR_GAIN = 6

type Fit = (bad: number, total: number) => number

const binomial: Fit = (bad, total) => {
  if (total === 0 || bad === 0 || bad === total) return 0
  const p = bad / total
  return bad * Math.log(p) + (total - bad) * Math.log(1 - p)
}

/** Gains of every split: element i is the gain in log-likelihood of a change right before slot i. */
export function countGains(line: readonly { bad: number; total: number }[]): number[] {
  const total = line.reduce((s, c) => s + c.total, 0)
  const bad = line.reduce((s, c) => s + c.bad, 0)
  const whole = binomial(bad, total)
  let leftBad = 0
  let leftTotal = 0
  return line.map((c) => {
    const gain =
      leftTotal === 0 || leftTotal === total
        ? 0
        : binomial(leftBad, leftTotal) + binomial(bad - leftBad, total - leftTotal) - whole
    leftBad += c.bad
    leftTotal += c.total
    return gain
  })
}

/** The same for weighted means: `n` values with this mean in each slot; their variance is taken from the slots themselves. */
export function meanGains(line: readonly { n: number; mean: number }[]): number[] {
  const used = line.filter((x) => x.n > 0)
  const weight = used.reduce((s, x) => s + x.n, 0)
  const sum = used.reduce((s, x) => s + x.n * x.mean, 0)
  if (used.length < 4) return line.map(() => 0)
  let best = 0
  let leftWeight = 0
  let leftSum = 0
  const between = line.map((x) => {
    const rightWeight = weight - leftWeight
    const value =
      leftWeight === 0 || rightWeight === 0
        ? 0
        : ((leftSum / leftWeight - (sum - leftSum) / rightWeight) ** 2 * leftWeight * rightWeight) / weight
    leftWeight += x.n
    leftSum += x.n * x.mean
    best = Math.max(best, value)
    return value
  })
  const spread = used.reduce((s, x) => s + x.n * (x.mean - sum / weight) ** 2, 0)
  const noise = Math.max((spread - best) / (used.length - 2), 1e-12)
  return between.map((value) => value / (2 * noise))
}

/** The best split at or after `from`. */
export function bestSplit(gains: readonly number[], from = 0): Split {
  let at = from
  for (let i = from; i < gains.length; i++) if (gains[i]! > (gains[at] ?? 0)) at = i
  return { at, gain: gains[at] ?? 0 }
}

/**
 * The slot in which a change began that is otherwise laid at `start`'s door, or null where nothing speaks for an earlier
 * one: a split earlier than `start - slack` must be clearly better than any from there on.
 */
export function beganBefore(gains: readonly number[], start: number, slack = 2): number | null {
  const border = Math.max(0, start - slack)
  const earlier = bestSplit(gains.slice(0, border))
  const later = bestSplit(gains, border)
  return earlier.gain > later.gain + CLEAR_GAIN ? earlier.at : null
}
