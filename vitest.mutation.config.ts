import { defineConfig } from 'vitest/config'

/**
 * The tests that mutants of the judgement core must fail: those with values worked out by hand. What is asked of many drawn worlds is left out, so that
 * thousands of runs stay affordable.
 */
export default defineConfig({
  test: {
    include: ['test/unit/judge/**/*.test.ts'],
    exclude: ['test/unit/judge/{many,properties,rolling,series,rollout,distribution}.test.ts'],
    testTimeout: 60_000,
  },
})
