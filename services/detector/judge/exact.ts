import { errorFunction, gammaln } from 'simple-statistics'

/** Above this many expected events on either side the normal form is exact to three digits of the tail and a sum would be long. */
const SUM_LIMIT = 5_000

function logBeta(a: number, b: number): number {
  return gammaln(a) + gammaln(b) - gammaln(a + b)
}

/** log P(X = k) for X beta-binomial(n, a, b); Johnson, Kemp & Kotz, Univariate Discrete Distributions, 6.2. */
export function logBetaBinomial(k: number, n: number, a: number, b: number): number {
  return -Math.log(n + 1) - logBeta(n - k + 1, k + 1) + logBeta(k + a, n - k + b) - logBeta(a, b)
}

/** P(X >= k), X beta-binomial(n, a, b): exact sum, or normal where the sum would be long. k, n whole; a, b > 0. */
export function betaBinomialAtLeast(k: number, n: number, a: number, b: number): number {
  if (k <= 0) return 1
  if (k > n) return 0
  const mean = (n * a) / (a + b)
  if (Math.min(mean, n - mean) > SUM_LIMIT) return normalAtLeast(k, n, a, b)
  if (k < mean) return Math.max(0, 1 - sumDown(k - 1, n, a, b))
  return Math.min(1, sumUp(k, n, a, b))
}

/** P(X <= k), as above. */
export function betaBinomialAtMost(k: number, n: number, a: number, b: number): number {
  return betaBinomialAtLeast(n - k, n, b, a)
}

function sumUp(k: number, n: number, a: number, b: number): number {
  let term = Math.exp(logBetaBinomial(k, n, a, b))
  let total = term
  for (let i = k; i < n; i++) {
    term *= (((n - i) / (i + 1)) * (i + a)) / (n - i - 1 + b)
    total += term
    if (term < total * 1e-12) break
  }
  return total
}

function sumDown(k: number, n: number, a: number, b: number): number {
  let term = Math.exp(logBetaBinomial(k, n, a, b))
  let total = term
  for (let i = k; i > 0; i--) {
    term *= ((i / (n - i + 1)) * (n - i + b)) / (i - 1 + a)
    total += term
    if (term < total * 1e-12) break
  }
  return total
}

function normalAtLeast(k: number, n: number, a: number, b: number): number {
  const p = a / (a + b)
  const variance = n * p * (1 - p) * ((a + b + n) / (a + b + 1))
  return upperTail((k - 0.5 - n * p) / Math.sqrt(variance))
}

/**
 * P(Z > z) of the standard normal. The library's error function is good to 1e-7 (its cumulative probability is a table of four digits); past
 * z = 4 the continued fraction of Mills' ratio (Abramowitz & Stegun 26.2.14) keeps relative accuracy.
 */
export function upperTail(z: number): number {
  if (z < 4) return 0.5 * (1 - errorFunction(z / Math.SQRT2))
  const mills = 1 / (z + 1 / (z + 2 / (z + 3 / (z + 4 / (z + 5 / z)))))
  return (mills * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI)
}
