import { expect, it } from 'vitest'
import { runMarkup, withstood } from '../../support/markup.ts'

it('runs nothing of what telemetry says, and keeps and tells no secret of it', { timeout: 120_000 }, async () => {
  const report = await runMarkup({ pages: 2 })
  expect(withstood(report), JSON.stringify(report)).toBe(true)
})
