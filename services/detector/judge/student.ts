import { gammaln } from 'simple-statistics'

/** P(T > t) of Student's t with df degrees of freedom (df need not be whole): half the incomplete beta function. */
export function studentTail(t: number, df: number): number {
  if (t < 0) return 1 - studentTail(-t, df)
  return 0.5 * incompleteBeta(df / 2, 0.5, df / (df + t * t))
}

/** Regularised incomplete beta I_x(a, b): continued fraction by Lentz's method (Press et al., Numerical Recipes, 6.4). */
export function incompleteBeta(a: number, b: number, x: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  const front = Math.exp(gammaln(a + b) - gammaln(a) - gammaln(b) + a * Math.log(x) + b * Math.log(1 - x))
  return x < (a + 1) / (a + b + 2) ? (front * fraction(a, b, x)) / a : 1 - (front * fraction(b, a, 1 - x)) / b
}

const TINY = 1e-300

function fraction(a: number, b: number, x: number): number {
  let c = 1
  let d = 1 / away(1 - ((a + b) * x) / (a + 1))
  let h = d
  for (let m = 1; m < 300; m++) {
    for (const term of [
      (m * (b - m) * x) / ((a - 1 + 2 * m) * (a + 2 * m)),
      (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 1 + 2 * m)),
    ]) {
      d = 1 / away(1 + term * d)
      c = away(1 + term / c)
      h *= d * c
    }
    if (Math.abs(d * c - 1) < 1e-12) break
  }
  return h
}

const away = (v: number): number => (Math.abs(v) < TINY ? TINY : v)
