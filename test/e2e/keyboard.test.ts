import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, openBrowser } from '../support/browser.ts'
import { ensureConsole } from '../support/console-build.ts'
import { type ConsoleFixture, startConsoleFixture } from '../support/console-fixtures.ts'
import { hex } from '../support/console-world.ts'
import { until } from '../support/wait.ts'
import { consolePages } from './console-pages.ts'

let browser: Browser
let fixture: ConsoleFixture

async function open(path: string, shows: string, width = 1440): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width, height: 900 } })).newPage()
  await page.addInitScript(`localStorage.setItem('plumbline.prefs', '{"live":false}')`)
  await page.goto(fixture.url + path)
  await page.getByText(shows).first().waitFor()
  await page.locator('.skeleton').first().waitFor({ state: 'detached' })
  return page
}

type Stop = { what: string; again: boolean; ring: boolean; seen: boolean } | null

/**
 * What has the focus: whether it had it before, whether a ring is drawn around it, and whether it can be seen, that is,
 * is in the window with nothing over its middle. Null at the end of the page.
 */
const stopScript = `(() => {
  const element = document.activeElement
  if (!element || element === document.body) return null
  const again = element.hasAttribute('data-reached')
  element.setAttribute('data-reached', '')
  const style = getComputedStyle(element)
  const box = element.getClientRects()[0] ?? element.getBoundingClientRect()
  const middle = (low, high, end) => (Math.max(low, 0) + Math.min(high, end)) / 2
  const at = document.elementFromPoint(
    middle(box.left, box.right, innerWidth), middle(box.top, box.bottom, innerHeight))
  return {
    what: element.outerHTML.slice(0, 140),
    again,
    ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    seen: Boolean(at) && element.contains(at),
  }
})()`

/** What can be used with a mouse and was not walked over. A tab list is one stop, and marks that a list repeats are none. */
const missedScript = `[...document.querySelectorAll(
    'a[href], button, input, select, textarea, summary, [tabindex="0"], [contenteditable]')]
  .filter((element) => element.checkVisibility() && !element.disabled && !element.hasAttribute('data-reached'))
  .filter((element) => !element.closest('[aria-hidden="true"], [role="tab"][aria-selected="false"]'))
  .map((element) => element.outerHTML.slice(0, 140))`

const mostStops = 500

/** Presses Tab, past the end of the page and on from its top, until it comes round; what was stopped at. */
async function walk(page: Page): Promise<Exclude<Stop, null>[]> {
  const stops: Exclude<Stop, null>[] = []
  let ends = 0
  while (stops.length < mostStops) {
    await page.keyboard.press('Tab')
    const stop = (await page.evaluate(stopScript)) as Stop
    if (stop?.again || (stop === null && ends > 0)) return stops
    if (stop) stops.push(stop)
    else ends += 1
  }
  throw new Error(`${mostStops} stops are not the whole page`)
}

const focused = (page: Page): Promise<string> =>
  page.evaluate('(document.activeElement.textContent || document.activeElement.id).trim()') as Promise<string>

describe.skipIf(chromiumPath() === null)('the console by keyboard alone', () => {
  beforeAll(async () => {
    await ensureConsole()
    browser = (await openBrowser())!
    fixture = await startConsoleFixture()
  })
  afterAll(async () => {
    await browser?.close()
    await fixture?.close()
  })

  for (const { name, path, shows, empty } of consolePages) {
    for (const width of [1440, 800]) {
      it(`reaches everything of ${name} at ${width} pixels, each with a ring that can be seen`, async () => {
        fixture.world.empty = empty ?? false
        const page = await open(path, shows, width)
        const stops = await walk(page)
        expect(stops.length).toBeGreaterThan(15)
        expect(stops.filter((stop) => !stop.ring).map((stop) => stop.what)).toEqual([])
        expect(stops.filter((stop) => !stop.seen).map((stop) => stop.what)).toEqual([])
        expect(await page.evaluate(missedScript)).toEqual([])
        await page.context().close()
      })
    }
  }

  it('begins with the way past the rail, and a page that was walked to begins at its top', async () => {
    fixture.world.empty = false
    const page = await open('/', 'differ from baseline')
    await page.keyboard.press('Tab')
    expect(await focused(page)).toBe('Skip to the page')
    await page.getByRole('navigation').getByRole('link', { name: 'Deploys' }).focus()
    await page.keyboard.press('Enter')
    await page.getByText('By service').waitFor()
    await until('focus at the top of the page', async () =>
      (await page.evaluate('document.activeElement.id')) === 'main' ? true : undefined,
    )
    await page.context().close()
  })

  it('leaves the focus where it is while a page only filters or refreshes itself', async () => {
    const page = await open('/', 'differ from baseline')
    const button = page.getByRole('button', { name: 'Regressed' })
    await button.focus()
    await page.keyboard.press('Enter')
    await page.waitForURL(/health=regressed/)
    expect(await focused(page)).toContain('Regressed')
    await page.context().close()
  })

  it('closes the search and the time ranges with Escape, and the focus is where it was', async () => {
    const page = await open('/deploys', 'By service')
    const csv = page.getByRole('link', { name: 'CSV' })
    await csv.focus()
    await page.keyboard.press('Control+k')
    await page.keyboard.type('cart')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    expect(await focused(page)).toBe('CSV')
    const ranges = page.locator('summary').filter({ hasText: 'Last 24h' })
    await ranges.focus()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    expect(await focused(page)).toBe('15m')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: '15m' }).waitFor({ state: 'hidden' })
    expect(await focused(page)).toBe('Last 24h')
    await page.context().close()
  })

  it('refuses a time range that ends before it begins, and says why', async () => {
    const page = await open('/deploys', 'By service')
    await page.locator('summary').filter({ hasText: 'Last 24h' }).click()
    await page.getByLabel('From').fill('2026-11-22T10:00')
    await page.getByLabel('To', { exact: true }).fill('2026-11-22T09:00')
    await page.getByRole('button', { name: 'Show', exact: true }).click()
    await page.getByText('The end has to lie after the beginning.').waitFor()
    expect(new URL(page.url()).searchParams.has('from')).toBe(false)
    await page.context().close()
  })

  it('closes the time ranges when the focus walks out of them', async () => {
    const page = await open('/deploys', 'By service')
    await page.locator('summary').filter({ hasText: 'Last 24h' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: '15m' }).waitFor()
    await page.keyboard.press('Shift+Tab')
    await page.getByRole('button', { name: '15m' }).waitFor({ state: 'hidden' })
    await page.context().close()
  })

  it('opens a span and comes back to its row', async () => {
    const page = await open(`/traces/${hex('bad1', 32)}`, 'apply coupons')
    const row = page.getByRole('button', { name: /checkout apply coupons/ })
    await row.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Close' }).focus()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Close' }).waitFor({ state: 'detached' })
    expect(await focused(page)).toContain('apply coupons')
    await page.context().close()
  })

  for (const [path, opener, field] of [
    ['/incidents/inc_1', 'Add a note', 'Note'],
    ['/alerts?tab=silences', 'New silence', 'Service'],
  ] as const) {
    it(`opens "${opener}" in its first field, and Escape gives the focus back to the button`, async () => {
      const page = await open(path, opener)
      await page.getByRole('button', { name: opener }).focus()
      await page.keyboard.press('Enter')
      const name = await page.evaluate('document.activeElement.name')
      expect(name).toBe(field.toLowerCase())
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: opener }).waitFor()
      expect(await focused(page)).toBe(opener)
      await page.context().close()
    })
  }
})
