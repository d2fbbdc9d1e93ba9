import { expect, it } from 'vitest'
import { runInjection } from '../../support/injection.ts'

it('takes hostile texts in every call and every tool of /mcp as values, and lets no key beyond its scope', async () => {
  const report = await runInjection({ queries: 250, seed: 7 })
  expect(report).toMatchObject({
    scopePassed: [],
    engineErrors: [],
    textInSql: 0,
    failures: [],
    tablesChanged: [],
    filesTouched: [],
    urlHits: 0,
    secretsShown: 0,
  })
  expect(report.engineReads).toBeGreaterThan(25)
  expect(report.answered).toBeGreaterThan(20)
  expect(report.toolsAnswered).toBeGreaterThan(2)
  expect(report.scopeChecks).toBeGreaterThan(100)
})
