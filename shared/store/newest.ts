/** First slice of a search that looks back from the end; each one after it is six times as long. */
const FIRST_MS = 5 * 60_000
const GROWTH = 6

/**
 * Reads the newest rows of a long span without sorting all of it: slices from the end backwards, longer each time, until
 * there are `wanted` rows. `read` answers the rows of one slice, newest first, at most `limit` of them.
 */
export async function newestFirst<T>(
  span: { fromMs: number; toMs: number },
  wanted: number,
  read: (slice: { fromMs: number; toMs: number }, limit: number) => Promise<T[]>,
): Promise<T[]> {
  const rows: T[] = []
  let toMs = span.toMs
  for (let lengthMs = FIRST_MS; toMs > span.fromMs && rows.length < wanted; lengthMs *= GROWTH) {
    const fromMs = Math.max(span.fromMs, toMs - lengthMs)
    rows.push(...(await read({ fromMs, toMs }, wanted - rows.length)))
    toMs = fromMs
  }
  return rows
}

/** The span of a page: it ends where the page before it ended. */
export const endingAt = (f: { fromMs: number; toMs: number; after?: { ns: string } | undefined }) => ({
  fromMs: f.fromMs,
  toMs: f.after ? Math.min(f.toMs, Number(BigInt(f.after.ns) / 1_000_000n) + 1) : f.toMs,
})
