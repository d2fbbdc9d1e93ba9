/** Letters to change, add, drop or swap with their neighbour to make one word of the other (Damerau's distance, restricted). */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  const at = (i: number, j: number) => rows[i]?.[j] ?? Number.POSITIVE_INFINITY
  for (let i = 1; i <= a.length; i++) {
    rows[i] = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const least = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same)
      ;(rows[i] as number[])[j] = swapped ? Math.min(least, at(i - 2, j - 2) + 1) : least
    }
  }
  return at(a.length, b.length)
}

/** The known word that a misspelt one most likely stands for; undefined where more than a third of it differs. */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  if (typed.length > 40) return undefined
  const limit = Math.max(1, Math.floor(typed.length / 3))
  const [best] = known
    .map((word) => ({ word, off: distance(typed, word) }))
    .sort((a, b) => a.off - b.off || a.word.localeCompare(b.word))
  return best && best.off <= limit ? best.word : undefined
}
