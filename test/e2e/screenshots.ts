/**
 * `npx tsx test/e2e/screenshots.ts [name …]`: every page at 1440 and 800 pixels, light and dark, from the fixture into
 * out/screenshots/. `--url http://127.0.0.1:8080` takes them of a running Plumbline into out/screenshots-live/ instead.
 * `--port 8099` only serves the fixture. Builds nothing: run `npx vite build services/web/console` first.
 */
import { mkdirSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { openBrowser } from '../support/browser.ts'
import { type ConsoleFixture, startConsoleFixture } from '../support/console-fixtures.ts'
import { until } from '../support/wait.ts'
import { type ConsolePage, consolePages } from './console-pages.ts'

const widths = [1440, 800]
const schemes = ['light', 'dark'] as const
/** A page may be long; what lies below this many pixels is more of the same. */
const tallest = 5000

/** A script: whether each chart is as wide as its box, to a pixel or two. */
const chartsFit = `[...document.querySelectorAll('.chart-box:not([hidden])')].every(
  (box) => Math.abs((box.querySelector('canvas')?.clientWidth ?? box.clientWidth) - box.clientWidth) <= 2)`

type Listed = { items: { id?: string; verdict?: string; previous_id?: string | null; service?: string }[] }

/** The pages of a running Plumbline: its worst deploy, its newest anomaly, incident and trace. */
async function livePages(url: string): Promise<ConsolePage[]> {
  const read = async <T>(path: string) => (await (await fetch(`${url}/api/v1${path}`)).json()) as T
  const deploys = (await read<Listed>('/deploys')).items
  const deploy = deploys.find((each) => each.verdict === 'regressed') ?? deploys[0]
  const anomaly = (await read<Listed>('/anomalies')).items[0]?.id
  const incident = (await read<Listed>('/incidents')).items[0]?.id
  const service = deploy?.service ?? ''
  const traces = (await read<{ items: { trace_id: string }[] }>(`/traces?service=${service}&failed=true`)).items
  const paths: Record<string, string | undefined> = {
    setup: '/setup',
    services: '/',
    service: `/s/${service}`,
    deploys: '/deploys',
    deploy: deploy && `/deploys/${deploy.id}`,
    compare: deploy?.previous_id ? `/compare?a=${deploy.id}&b=${deploy.previous_id}` : undefined,
    anomalies: '/anomalies',
    anomaly: anomaly && `/anomalies/${anomaly}`,
    alerts: '/alerts',
    deliveries: '/alerts?tab=deliveries',
    incident: incident && `/incidents/${incident}`,
    channels: '/settings/channels',
    traces: `/traces?service=${service}`,
    trace: traces[0] && `/traces/${traces[0].trace_id}`,
    logs: `/logs?service=${service}`,
    patterns: `/patterns?service=${service}`,
    metrics: `/metrics?service=${service}`,
    system: '/system',
    integrations: '/settings/integrations',
    settings: '/settings',
  }
  return Object.entries(paths).flatMap(([name, path]) => (path ? [{ name, path, shows: 'Live' }] : []))
}

async function shoot(page: Page, url: string, each: ConsolePage, file: string): Promise<void> {
  await page.goto(url + each.path)
  await page.getByText(each.shows).first().waitFor()
  await page.waitForLoadState('networkidle').catch(() => {})
  await page.locator('.skeleton').first().waitFor({ state: 'detached' })
  await until(
    'the charts to be as wide as their boxes',
    async () => (await page.evaluate<boolean>(chartsFit)) || undefined,
  )
  await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))')
  const height = Math.min(tallest, Number(await page.evaluate('document.documentElement.scrollHeight')))
  const width = page.viewportSize()!.width
  await page.screenshot({ path: file, fullPage: true, clip: { x: 0, y: 0, width, height } })
}

async function shootAll(url: string, pages: ConsolePage[], folder: string, fixture: ConsoleFixture | null) {
  const browser = await openBrowser()
  if (!browser) return
  mkdirSync(folder, { recursive: true })
  for (const width of widths) {
    for (const colorScheme of schemes) {
      const viewport = { width, height: 900 }
      const context = await browser.newContext({ viewport, colorScheme, locale: 'en-GB', timezoneId: 'UTC' })
      const page = await context.newPage()
      for (const each of pages) {
        if (fixture) fixture.world.empty = each.empty ?? false
        await shoot(page, url, each, `${folder}/${each.name}-${width}-${colorScheme}.png`)
      }
      await context.close()
    }
  }
  await browser.close()
}

const [first, value, ...rest] = process.argv.slice(2)
const chosen = (pages: ConsolePage[], names: string[]) =>
  names.length > 0 ? pages.filter((each) => names.includes(each.name)) : pages
if (first === '--port') process.stdout.write(`${(await startConsoleFixture(Number(value))).url}\n`)
else if (first === '--url' && value) {
  await shootAll(value, chosen(await livePages(value), rest), 'out/screenshots-live', null)
} else {
  const fixture = await startConsoleFixture()
  await shootAll(fixture.url, chosen(consolePages, process.argv.slice(2)), 'out/screenshots', fixture)
  await fixture.close()
}
