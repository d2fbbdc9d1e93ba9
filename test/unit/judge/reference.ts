/** P(X >= k) of beta-binomial(n, a, b), summed from the rising factorials of its definition: independent of any gamma function. Exact for n up to some hundreds. */
export function betaBinomialTail(k: number, n: number, a: number, b: number): number {
  let total = 0
  for (let x = Math.max(0, k); x <= n; x++) total += betaBinomialAt(x, n, a, b)
  return total
}

/** P(X = k): every factor of C(n, k) (a)_k (b)_(n-k) / (a + b)_n, one after the other so that none overflows. */
export function betaBinomialAt(k: number, n: number, a: number, b: number): number {
  let p = 1
  for (let i = 0; i < k; i++) p *= ((n - i) / (i + 1)) * ((a + i) / (a + b + i))
  for (let j = 0; j < n - k; j++) p *= (b + j) / (a + b + k + j)
  return p
}
