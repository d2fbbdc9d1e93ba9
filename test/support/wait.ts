/** A line of JSON, or an empty object where it is none. */
export function answerOf(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return {}
  }
}

/** Resolves with what `seen` answers as soon as it is not undefined. */
export async function until<T>(
  what: string,
  seen: () => Promise<T | undefined> | T | undefined,
  tries = 300,
): Promise<T> {
  for (let i = 0; i < tries; i++) {
    const answer = await seen()
    if (answer !== undefined) return answer
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`there was no ${what}`)
}
