/** The seed of every property test, so that a run says the same twice. `PLUMBLINE_TEST_SEED` takes another, to look further. */
const SEED = Number(process.env.PLUMBLINE_TEST_SEED ?? 1)

/** How a property is run: so many drawn cases. */
export const runs = (numRuns: number): { numRuns: number; seed: number } => ({ numRuns, seed: SEED })
