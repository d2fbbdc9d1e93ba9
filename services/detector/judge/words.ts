/** A probability in a reason: two digits, and no more zeros than can be believed. */
export const probability = (p: number): string => (p < 1e-12 ? '< 1e-12' : p.toPrecision(2))
