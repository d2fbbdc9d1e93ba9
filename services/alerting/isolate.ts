/** Passes in a row in which an item must fail alone before the others go on without it. */
const TRIES = 5

export type Isolator<T> = {
  /**
   * Writes all items; where that fails, each alone, so that one that can never be written holds up no other.
   * @throws the error of the first item that failed, as long as it may yet succeed; the items after it are written all the same
   */
  write(items: readonly T[]): Promise<void>
}

/**
 * @param write writes items in one transaction, nothing where it fails; writing one again changes nothing. `isRest` says that with
 *   them all is written. Of no items it tells whether anything can be written now
 * @param refused hears of each item that is left out for good
 */
export function isolator<T>(o: {
  keyOf: (item: T) => string
  write: (items: readonly T[], isRest: boolean) => Promise<void>
  refused: (item: T, error: Error) => void
}): Isolator<T> {
  let failures = new Map<string, number>()

  const alone = async (items: readonly T[]): Promise<void> => {
    const still = new Map<string, number>()
    let first: Error | null = null
    for (const item of items) {
      try {
        await o.write([item], false)
      } catch (error) {
        const times = (failures.get(o.keyOf(item)) ?? 0) + 1
        if (times >= TRIES) {
          o.refused(item, error as Error)
          continue
        }
        still.set(o.keyOf(item), times)
        first ??= error as Error
      }
    }
    failures = still
    if (first) throw first
  }

  return {
    write: async (items) => {
      try {
        await o.write(items, true)
        failures.clear()
      } catch {
        await o.write([], false)
        await alone(items)
        await o.write([], true)
      }
    },
  }
}
