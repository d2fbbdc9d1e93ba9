import { defineConfig } from 'vitest/config'

/** Every test file runs in a process of its own: one process can hold only one embedded engine directory. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    isolate: true,
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 10_000,
    globalSetup: [],
  },
})
