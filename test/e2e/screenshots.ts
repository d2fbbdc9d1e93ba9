/**
 * `npx tsx test/e2e/screenshots.ts [name …]`: every page at 1440 and 800 pixels, light and dark, from the fixture into
 * out/screenshots/. Builds nothing: run `npx vite build services/web/console` first. `--port 8099` only serves the fixture.
 */
import { mkdirSync } from 'node:fs'
import { openBrowser } from '../support/browser.ts'
import { startConsoleFixture } from '../support/console-fixtures.ts'
import { consolePages } from './console-pages.ts'

const folder = 'out/screenshots'
const widths = [1440, 800]
const schemes = ['light', 'dark'] as const

async function shoot(names: string[]): Promise<void> {
  const browser = await openBrowser()
  if (!browser) return
  const fixture = await startConsoleFixture()
  mkdirSync(folder, { recursive: true })
  for (const width of widths) {
    for (const colorScheme of schemes) {
      const context = await browser.newContext({
        viewport: { width, height: 900 },
        colorScheme,
        locale: 'en-GB',
        timezoneId: 'UTC',
      })
      const page = await context.newPage()
      for (const each of consolePages) {
        if (names.length > 0 && !names.includes(each.name)) continue
        fixture.world.empty = each.empty ?? false
        await page.goto(fixture.url + each.path)
        await page.getByText(each.shows).first().waitFor()
        await page.waitForLoadState('networkidle')
        await page.waitForFunction("document.querySelectorAll('.skeleton').length === 0")
        await page.screenshot({ path: `${folder}/${each.name}-${width}-${colorScheme}.png`, fullPage: true })
      }
      await context.close()
    }
  }
  await browser.close()
  await fixture.close()
}

const [first, port] = process.argv.slice(2)
if (first === '--port') process.stdout.write(`${(await startConsoleFixture(Number(port))).url}\n`)
else await shoot(process.argv.slice(2))
