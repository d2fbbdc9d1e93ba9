/**
 * One-sided p-value of Fisher's exact test: with both margins fixed, how likely it is that `k1` or more of `n1` (if `greater`; else
 * `k1` or fewer) have what `k0` of `n0` others have, when nothing differs. Exact at any size; the sum has at most n1 + 1 terms.
 */
export function fisherOneSided(k0: number, n0: number, k1: number, n1: number, greater: boolean): number {
  const all = n0 + n1
  const having = k0 + k1
  const least = Math.max(0, having - n0)
  const most = Math.min(n1, having)
  const [from, to] = greater ? [k1, most] : [least, k1]
  const denominator = logChoose(all, n1)
  let p = 0
  for (let k = from; k <= to; k++) p += Math.exp(logChoose(having, k) + logChoose(all - having, n1 - k) - denominator)
  return Math.min(1, p)
}

const logChoose = (n: number, k: number): number => logFactorial(n) - logFactorial(k) - logFactorial(n - k)

const table: number[] = [0]
const tableSize = 1024

/** ln n!: summed up to 1023, by Stirling's series beyond (error below 1e-15 of the value there). */
function logFactorial(n: number): number {
  if (n >= tableSize) {
    const x = n + 1
    return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * x) - 1 / (360 * x ** 3)
  }
  for (let i = table.length; i <= n; i++) table.push(table[i - 1]! + Math.log(i))
  return table[n]!
}
