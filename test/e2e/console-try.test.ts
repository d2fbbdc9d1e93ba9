import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, openBrowser } from '../support/browser.ts'
import { ensureConsole } from '../support/console-build.ts'
import { type ConsoleFixture, startConsoleFixture } from '../support/console-fixtures.ts'

let browser: Browser
let fixture: ConsoleFixture
let page: Page

describe.skipIf(chromiumPath() === null)('what may be tried and opened', () => {
  beforeAll(async () => {
    await ensureConsole()
    browser = (await openBrowser())!
    fixture = await startConsoleFixture()
    page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage()
  })
  afterAll(async () => {
    await browser?.close()
    await fixture?.close()
  })

  it('redaction masks a pasted text, says by which rule, and forgets the answer when the text changes', async () => {
    await page.goto(`${fixture.url}/settings`)
    const section = page.getByRole('region', { name: 'Redaction', exact: true })
    const text = section.getByLabel('A log line, a URL, a value')
    await text.fill('cannot reach postgres://me:hunter2pass@db/x')
    await section.getByRole('button', { name: 'What would be masked?' }).click()
    await section.getByText('1 secret would be masked: credentials in a URL (url_userinfo).').waitFor()
    expect(await section.locator('.redacted-text').textContent()).toBe('cannot reach postgres://[redacted]@db/x')
    expect(await section.locator('mark').count()).toBe(1)
    await text.fill('plain')
    expect(await section.locator('.redacted-text').count()).toBe(0)
    await section.getByLabel('Attribute key').fill('cookie')
    await text.press('Tab')
    await section.getByRole('button', { name: 'What would be masked?' }).click()
    await section.getByText('the value of a sensitive header (sensitive_key)').waitFor()
    expect(page.url()).not.toContain('plain')
  })

  it('keys say who has access, and when they last had', async () => {
    const row = page.getByRole('region', { name: 'Keys' }).getByRole('row', { name: /^collector ingest/ })
    await row.getByText('3 min ago').or(row.getByText('4 min ago')).waitFor()
    expect(await page.getByRole('row', { name: /^laptop/ }).textContent()).toContain('revoked')
  })

  it('the slots of a pattern open by keyboard, stand in the URL, and change with the deploy', async () => {
    await page.goto(`${fixture.url}/patterns?service=checkout`)
    const row = page.getByRole('row', { name: /coupon/ })
    await row.getByRole('button', { name: 'Values in its slots' }).press('Enter')
    await row.getByRole('columnheader', { name: '12 lines before 2.14.0' }).waitFor()
    await row.getByText('min 101', { exact: false }).waitFor()
    expect(new URL(page.url()).searchParams.get('values')).toBe('pat_1')
    await page.getByLabel('Before and since').selectOption({ label: 'no deploy' })
    await row.getByRole('columnheader', { name: '12 lines', exact: true }).waitFor()
    await row.getByRole('button', { name: 'Values in its slots' }).press('Enter')
    await row.getByRole('columnheader', { name: '12 lines', exact: true }).waitFor({ state: 'detached' })
    expect(new URL(page.url()).searchParams.get('values')).toBeNull()
  })

  it('integrations name who sends by which SDK, and what to paste with the address of this installation', async () => {
    await page.goto(`${fixture.url}/settings/integrations`)
    await page
      .getByRole('row', { name: /^search/ })
      .getByText('opentelemetry-java-instrumentation 2.24.0')
      .waitFor()
    await page
      .getByRole('row', { name: /^gateway/ })
      .getByText('not named by its telemetry')
      .waitFor()
    await page.getByText('How to connect CDEvents').click()
    const snippet = page.getByRole('region', { name: 'CDEvents: One event by hand' })
    expect(await snippet.textContent()).toContain(`curl ${fixture.url}/api/v1/deploys/cdevents`)
    await expect.poll(() => page.title()).toBe('(2) Integrations · Plumbline')
  })
})
