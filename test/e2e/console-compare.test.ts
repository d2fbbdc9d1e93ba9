import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { chromiumPath, openBrowser } from '../support/browser.ts'
import { ensureConsole } from '../support/console-build.ts'
import { type ConsoleFixture, startConsoleFixture } from '../support/console-fixtures.ts'

let browser: Browser
let fixture: ConsoleFixture

describe.skipIf(chromiumPath() === null)('the comparison', () => {
  beforeAll(async () => {
    await ensureConsole()
    browser = (await openBrowser())!
    fixture = await startConsoleFixture()
  })
  afterAll(async () => {
    await browser?.close()
    await fixture?.close()
  })

  it('is with a deploy or with last week: what was chosen is in the URL, and a reload shows it again', async () => {
    const page = await (await browser.newContext()).newPage()
    const region = (name: string) => page.getByRole('region', { name })
    await page.goto(`${fixture.url}/compare?a=dep_checkout_2140&b=dep_checkout_2139`)
    await region('Attribute values of bad requests').getByText('app.coupon.engine').first().waitFor()
    await page.getByLabel('Deploy B').and(page.locator('select')).selectOption('last_week')
    await page.waitForURL((url) => url.searchParams.get('baseline') === 'last_week' && !url.searchParams.has('b'))
    await region('Side B').getByText('Same hours of last week').waitFor()
    await page.reload()
    await region('Side B').getByText('12,700 requests').waitFor()
    await page.getByLabel('Deploy B').and(page.locator('select')).selectOption('dep_checkout_2139')
    await page.waitForURL((url) => !url.searchParams.has('baseline'))
    await region('Deploy B').getByText('No difference').waitFor()
    await page.context().close()
  })
})
