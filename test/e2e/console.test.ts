import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, openBrowser } from '../support/browser.ts'
import { ensureConsole } from '../support/console-build.ts'
import { type ConsoleFixture, startConsoleFixture } from '../support/console-fixtures.ts'
import { hex } from '../support/console-world.ts'
import { until } from '../support/wait.ts'
import { consolePages } from './console-pages.ts'

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
let browser: Browser
let fixture: ConsoleFixture
/** What went wrong in the pages, by the page's own account: exceptions, refused scripts and styles. */
let complaints: string[] = []

async function open(path: string, width = 1440, colorScheme: 'light' | 'dark' = 'light'): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, bypassCSP: false })
  const page = await context.newPage()
  page.on('pageerror', (error) => complaints.push(`${path}: ${error.message}`))
  page.on('console', (message) => message.type() === 'error' && complaints.push(`${path}: ${message.text()}`))
  page.on('dialog', (dialog) => complaints.push(`${path}: dialog ${dialog.message()}`))
  await page.goto(fixture.url + path)
  return page
}

async function settled(page: Page, text: string): Promise<void> {
  await page.getByText(text).first().waitFor()
  await page.locator('.skeleton').first().waitFor({ state: 'detached' })
}

const violations = async (page: Page): Promise<string[]> => {
  // The policy forbids scripts from elsewhere, axe too: it runs in the test's own world.
  const source = (await import('node:fs')).readFileSync(axePath, 'utf8')
  const session = await page.context().newCDPSession(page)
  await session.send('Runtime.evaluate', { expression: source })
  const { result } = await session.send('Runtime.evaluate', {
    expression: `axe.run(document, { resultTypes: ['violations'] }).then((found) => JSON.stringify(found.violations.filter((each) => each.impact === 'serious' || each.impact === 'critical').map((each) => each.id + ': ' + each.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | '))))`,
    awaitPromise: true,
    returnByValue: true,
  })
  return JSON.parse(String(result.value)) as string[]
}

describe.skipIf(chromiumPath() === null)('the console in Chromium', () => {
  beforeAll(async () => {
    await ensureConsole()
    browser = (await openBrowser())!
    fixture = await startConsoleFixture()
  })
  afterAll(async () => {
    await browser?.close()
    await fixture?.close()
  })

  for (const each of consolePages) {
    it(`draws ${each.name} in light and dark without a complaint, and without a serious barrier`, async () => {
      complaints = []
      fixture.world.empty = each.empty ?? false
      for (const [width, scheme] of [
        [1440, 'light'],
        [800, 'dark'],
      ] as const) {
        const page = await open(each.path, width, scheme)
        await settled(page, each.shows)
        expect(await violations(page)).toEqual([])
        const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')
        expect(overflow, 'the page does not scroll sideways').toBeLessThanOrEqual(0)
        await page.context().close()
      }
      expect(complaints).toEqual([])
    })
  }

  it('leads from the alert to the incident, the verdict, the anomaly, its trace and its logs', async () => {
    complaints = []
    fixture.world.empty = false
    const page = await open('/incidents/inc_1')
    await page.getByRole('button', { name: 'Acknowledge' }).click()
    await page.getByText('taken by console').waitFor()
    await page.getByRole('link', { name: 'Verdict of the deploy' }).click()
    await settled(page, 'Production got worse with this deploy.')
    await page.getByText('apply coupons before tax').first().waitFor()
    await page
      .getByRole('link', { name: 'Anomaly' })
      .filter({ hasText: /^Anomaly/ })
      .nth(1)
      .click()
    await settled(page, 'Why it was told')
    await page.locator('.exemplar-list a').first().click()
    await settled(page, 'Logs of this trace')
    await page.getByRole('button', { name: /checkout apply coupons/ }).click()
    await page.getByText('invalid discount: 110').first().waitFor()
    expect(new URL(page.url()).searchParams.get('span')).toBeTruthy()
    await page.getByRole('link', { name: 'All of them in Logs' }).click()
    await settled(page, 'The newest')
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it('leads from an anomaly to the incident that holds it, and says so where none does', async () => {
    fixture.world.empty = false
    const page = await open('/anomalies/ano_checkout_1')
    const incident = page.getByRole('region', { name: 'Incident' })
    await incident.getByRole('link', { name: /^checkout 2.14.0 fails/ }).click()
    await page.waitForURL(/\/incidents\/inc_1/)
    await page.goto(`${fixture.url}/anomalies/ano_checkout_1`)
    const beside = page.getByRole('region', { name: 'At the same time' })
    await beside.getByText('coupon <*> rejected').waitFor()
    await page.goto(`${fixture.url}/anomalies/ano_search_1`)
    await incident.getByText('nobody was told').waitFor()
    await page.context().close()
  })

  it('narrows the lines by what they differ in, and shows what stood around one', async () => {
    const page = await open('/logs?service=checkout')
    await page.getByRole('group', { name: 'level, at least' }).getByRole('button', { name: 'error' }).click()
    await page.waitForURL((url) => url.searchParams.get('q') === 'level>=error')
    expect(await page.getByLabel('Search', { exact: true }).inputValue()).toBe('level>=error')
    await page.locator('.log-line').nth(3).click()
    await page.getByRole('link', { name: 'Lines around it' }).click()
    await page.waitForURL((url) => url.searchParams.has('at') && !url.searchParams.has('q'))
    const { searchParams } = new URL(page.url())
    const at = Date.parse(searchParams.get('at')!)
    expect(at - Date.parse(searchParams.get('from')!)).toBe(30_000)
    expect(Date.parse(searchParams.get('to')!) - at).toBe(2_000)
    await page.locator('.log-marked').waitFor()
    await page.context().close()
  })

  it('keeps to the requests of one exception, and to patterns that one version says or does not', async () => {
    const page = await open('/s/checkout?env=production&tab=exceptions')
    await page.getByRole('link', { name: 'Traces with PaymentDeclined' }).click()
    await page.getByText('No request matches').waitFor()
    await page.getByLabel('Exception').fill('RangeError')
    await page.getByLabel('Its message holds').fill('invalid discount')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByText('The newest 20 requests, 20 failed.').waitFor()
    const { searchParams: asked } = new URL(page.url())
    expect([asked.get('exception'), asked.get('message')]).toEqual(['RangeError', 'invalid discount'])
    await page.goto(`${fixture.url}/patterns?service=checkout`)
    const rows = page.getByRole('table').locator('tbody tr')
    await rows.nth(3).waitFor()
    await page.getByLabel('Which').selectOption('new')
    await rows.nth(3).waitFor({ state: 'detached' })
    expect(await rows.count()).toBe(1)
    await page.getByLabel('Which').selectOption('gone')
    await page.getByText('No pattern here').waitFor()
    await page.context().close()
  })

  it('marks the span that took longer than its operation did before, in words, and shows both sides of it', async () => {
    const page = await open(`/traces/${hex('bad1', 32)}`)
    await page.getByText('6.9 × p50 42 ms').waitFor()
    expect(await page.getByText('slower than usual').count()).toBe(1)
    await page.getByRole('button', { name: 'checkout SELECT order_totals' }).click()
    const usual = page.getByRole('region', { name: 'Against its operation' })
    await usual.getByText('n 41,200: longer than 99.8 % of them').waitFor()
    await usual.getByText('n 18,400').waitFor()
    await page.getByRole('button', { name: 'checkout apply coupons' }).click()
    await usual.waitFor({ state: 'detached' })
    await page.context().close()
  })

  it('says which version answers how much: a canary on its deploy, both sides of a comparison', async () => {
    const page = await open('/deploys/dep_cart_881')
    const traffic = page.getByRole('region', { name: 'Traffic by version' })
    await traffic.getByText('25 % is answered by 8.8.1.').waitFor()
    expect(await traffic.getByRole('listitem').allInnerTexts()).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/8\.8\.0[\s\S]*75 %/),
        expect.stringMatching(/8\.8\.1[\s\S]*25 %/),
      ]),
    )
    await page.goto(`${fixture.url}/compare?a=dep_checkout_2140&b=dep_checkout_2139`)
    await page.getByRole('region', { name: 'Deploy A' }).getByText('100 % of the traffic').waitFor()
    await page.goto(`${fixture.url}/deploys/dep_gateway_76`)
    await page.getByRole('heading', { name: 'Before and after' }).waitFor()
    expect(await traffic.count(), 'a change of settings has no version').toBe(0)
    await page.context().close()
  })

  it('keeps the window in the URL: dragging zooms, a double click goes back', async () => {
    const page = await open('/s/checkout?env=production&range=6h')
    await settled(page, 'POST /checkout/{id}/coupon')
    const box = (await page.locator('.u-over').first().boundingBox())!
    await page.mouse.move(box.x + 40, box.y + 40)
    await page.mouse.down()
    await page.mouse.move(box.x + 160, box.y + 40, { steps: 5 })
    await page.mouse.up()
    await page.waitForURL(/from=/)
    expect(new URL(page.url()).searchParams.get('range')).toBe('6h')
    await page.locator('.u-over').first().dblclick()
    await page.waitForURL((url) => !url.searchParams.has('from'))
    await page.context().close()
  })

  it('finds a service, a deploy and a page by keyboard alone', async () => {
    const page = await open('/')
    await settled(page, 'differ from baseline')
    await page.keyboard.press('Control+k')
    await page.keyboard.type('2.14.0')
    await page.keyboard.press('Enter')
    await settled(page, 'Production got worse with this deploy.')
    expect(page.url()).toContain('/deploys/dep_checkout_2140')
    await page.context().close()
  })

  it('takes what is typed into the search to the service, or as words to the logs', async () => {
    const page = await open('/')
    await settled(page, 'differ from baseline')
    await page.keyboard.press('/')
    await page.keyboard.type('recommender')
    await page.getByRole('option', { name: /^recommender Service/ }).click()
    await page.waitForURL((url) => url.pathname === '/s/recommender' && url.searchParams.get('env') === 'production')
    await page.keyboard.press('Control+k')
    await page.keyboard.type('out of range & more')
    await page.keyboard.press('Enter')
    await page.waitForURL((url) => url.pathname === '/logs' && url.searchParams.get('q') === 'out of range & more')
    await page.context().close()
  })

  it('advises to roll back what the change began with, and never to go to another suspect', async () => {
    const page = await open('/deploys/dep_checkout_2140')
    await page.getByText('Roll back to 2.13.9, or fix forward').waitFor()
    await page.goto(`${fixture.url}/deploys/dep_search_190`)
    await page.getByText('Look at catalog 5.6.0 first').waitFor()
    expect(await page.getByText('Roll back').count()).toBe(0)
    await page.context().close()
  })

  it('names in the tab what is open, and how many services are off', async () => {
    const page = await open('/')
    const title = (text: string) =>
      until(`tab that says ${text}`, async () => ((await page.title()) === text ? true : undefined))
    await title('(2) Services · Plumbline')
    await page.goto(`${fixture.url}/deploys/dep_checkout_2140`)
    await title('(2) checkout 2.14.0: Regressed · Plumbline')
    await page.getByRole('link', { name: 'Deploys' }).first().click()
    await title('(2) Deploys · Plumbline')
    await page.context().close()
  })

  it('adds a channel, shows its secret once, and sends a test', async () => {
    const page = await open('/settings/channels')
    await page.getByLabel('Name').fill('pager')
    await page.getByLabel('Address').fill('https://hooks.example/new')
    await page.getByRole('button', { name: 'Add channel' }).click()
    await page.getByText('keep this secret').waitFor()
    await page.getByText('whsec_').first().waitFor()
    await page.getByRole('button', { name: 'I have kept it' }).click()
    expect(await page.getByText('whsec_').count()).toBe(0)
    await page.getByRole('button', { name: 'Send test' }).first().click()
    await page.getByText('queued, see deliveries').waitFor()
    await page.context().close()
  })

  const hostile = ['<script>alert(1)</script><img src=x onerror=alert(2)>', 'javascript:alert(3)']
  for (const text of hostile) {
    it(`shows ${text.slice(0, 20)}… as text on every page`, async () => {
      complaints = []
      fixture.world.empty = false
      fixture.world.hostile = text
      try {
        const page = await open('/')
        for (const each of consolePages.filter((one) => !one.empty)) {
          await page.goto(fixture.url + each.path)
          await page.locator('h1').first().waitFor()
          await page.waitForLoadState('networkidle')
          expect(await page.locator('a[href^="javascript" i], main img, main script').count()).toBe(0)
        }
        expect(complaints).toEqual([])
        await page.context().close()
      } finally {
        fixture.world.hostile = null
      }
    })
  }

  it('serves the first page in less than 250 KB, compressed', async () => {
    const { gzipSync } = await import('node:zlib')
    const page = await (await browser.newContext()).newPage()
    let bytes = 0
    page.on('response', (response) => {
      if (response.url().includes('/api/')) return
      void response.body().then((body) => {
        bytes += gzipSync(body).length
      })
    })
    await page.goto(fixture.url)
    await page.waitForLoadState('networkidle')
    expect(bytes).toBeGreaterThan(50_000)
    expect(bytes).toBeLessThan(250_000)
    await page.context().close()
  })
})
