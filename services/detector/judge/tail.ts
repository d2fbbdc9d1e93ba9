/** The upper tail of what a quantity has been: beyond `from`, excesses are generalised Pareto with this scale and shape. */
export type Tail = { from: number; scale: number; shape: number }

/** Share of the past beyond `from`: 3 %, within the 2-5 % usual for peaks over threshold (Siffer et al. 2017, SPOT). */
export const BEYOND = 0.03
/** A scale of at least this share of the way from the median to `from`: a past without excesses is not proof that none can come. */
const LEAST_SCALE = 0.15

/** Fits the tail of sorted values by moments (Hosking & Wallis 1987). Their shape is below 0.5, infinite variance, of itself; it is held at an exponential tail at least. */
export function fitTail(sorted: Float64Array): Tail {
  const at = (q: number): number => {
    const x = q * (sorted.length - 1)
    const i = Math.floor(x)
    const low = sorted[i]!
    return i + 1 < sorted.length ? low + (x - i) * (sorted[i + 1]! - low) : low
  }
  const [from, middle] = [at(1 - BEYOND), at(0.5)]
  let [n, sum, squares] = [0, 0, 0]
  for (let k = sorted.length - 1; k >= 0 && sorted[k]! > from; k--) {
    const e = sorted[k]! - from
    n++
    sum += e
    squares += e * e
  }
  const mean = n > 0 ? sum / n : 0
  const variance = n > 0 ? squares / n - mean * mean : 0
  const shape = n > 0 ? Math.max(0, 0.5 * (1 - (mean * mean) / Math.max(variance, 1e-300))) : 0
  return {
    from,
    scale: Math.max(mean * (1 - shape), LEAST_SCALE * (from - middle), 1e-4 * Math.abs(middle) + 1e-12),
    shape,
  }
}

/** -log10 of the chance to lie this far out; 0 below `from`. */
export function surprise(tail: Tail, value: number): number {
  const e = (value - tail.from) / tail.scale
  if (!(e > 0)) return 0
  return -Math.log10(BEYOND) + (tail.shape > 1e-6 ? Math.log10(1 + tail.shape * e) / tail.shape : e / Math.LN10)
}

/** The value whose surprise is `level` (at least -log10 of BEYOND). */
export function valueAt(tail: Tail, level: number): number {
  const excess = Math.max(0, level + Math.log10(BEYOND))
  const e = tail.shape > 1e-6 ? (10 ** (excess * tail.shape) - 1) / tail.shape : excess * Math.LN10
  return tail.from + tail.scale * e
}
