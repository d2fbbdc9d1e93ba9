import type { Browser, Page } from 'playwright-core'
import { systemClock } from '../../../shared/runtime/clock.ts'
import { openBrowser } from '../../support/browser.ts'
import { openWeb } from '../../support/web.ts'
import { quantile } from '../ingest/side.ts'
import type { Bench } from '../main.ts'
import { drawHour, judge, serviceName, tellDeploys } from '../queries/data.ts'

const HOUR_MS = 3_600_000
/** Hours of data, and spans in each at scale 1. */
const HOURS = 3
const SPANS = 400_000
const VISITS = 5
/** The chart that is drawn too full on purpose: lines and points of each. */
const LINES = 20
const POINTS = 1000

/** Longest tasks since the page began, ms: what a press would have waited for. */
const WATCH = `window.__tasks = []; new PerformanceObserver((list) => { for (const e of list.getEntries()) window.__tasks.push([e.startTime + e.duration, e.duration]) }).observe({ type: 'longtask', buffered: true })`

type Visit = { interactiveMs: number; kib: number; blockedMs: number }

/**
 * One visit with an empty cache. Interactive: the heading is there, no skeleton is left and the last long task (over 50 ms) is
 * over; in ms since the navigation began. `kib` is what came over the wire.
 */
async function visit(browser: Browser, url: string): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  const page = await context.newPage()
  const session = await context.newCDPSession(page)
  let bytes = 0
  session.on('Network.loadingFinished', (event) => {
    bytes += event.encodedDataLength
  })
  await session.send('Network.enable')
  await page.addInitScript(WATCH)
  await page.goto(url)
  await page.locator('h1').first().waitFor()
  await page.locator('.skeleton').first().waitFor({ state: 'detached' })
  const drawnMs = Number(await page.evaluate('performance.now()'))
  await page.waitForLoadState('networkidle')
  const tasks = (await page.evaluate('window.__tasks')) as [number, number][]
  await context.close()
  const early = tasks.filter(([endMs]) => endMs < drawnMs + 1000)
  return {
    interactiveMs: Math.max(drawnMs, ...early.map(([endMs]) => endMs)),
    kib: bytes / 1024,
    blockedMs: tasks.reduce((sum, [, ms]) => sum + Math.max(0, ms - 50), 0),
  }
}

/** Frames while the mouse runs over a chart of LINES × POINTS values, ms each. */
async function frames(page: Page, url: string, endMs: number): Promise<number[]> {
  await page.route('**/series?*', async (route) => {
    const seconds = Array.from({ length: POINTS }, (_, i) => endMs / 1000 - (POINTS - i) * 10)
    const one = (n: number) => ({
      key: { route: `route ${n}` },
      points: seconds.map((at, i) => [at, 50 + n + 20 * Math.sin(i / 9 + n)]),
      samples: seconds.map((at) => [at, 100]),
    })
    const body = await (await route.fetch()).json()
    const series = Array.from({ length: LINES }, (_, n) => one(n))
    const window = { from: new Date(seconds[0]! * 1000).toISOString(), to: new Date(endMs).toISOString(), step_s: 10 }
    await route.fulfill({ json: { ...body, ...window, band: null, series } })
  })
  await page.goto(url)
  const chart = page.locator('.u-over').first()
  await chart.waitFor()
  await page.waitForLoadState('networkidle')
  await page.evaluate(
    `window.__frames = []; (function next(before) { requestAnimationFrame((now) => { window.__frames.push(now - before); next(now) }) })(performance.now())`,
  )
  const box = (await chart.boundingBox())!
  for (let i = 0; i < 200; i++) await page.mouse.move(box.x + ((i * 7) % box.width), box.y + box.height / 2)
  return ((await page.evaluate('window.__frames')) as number[]).slice(1)
}

/** Bytes and time to interactive of the pages that matter most, and how smooth a chart of 20,000 points is, in headless Chromium. */
const run: Bench = async ({ scale, say }) => {
  const browser = await openBrowser()
  if (!browser) return
  const endMs = Math.floor(systemClock.nowMs() / HOUR_MS) * HOUR_MS
  const bed = await openWeb(endMs)
  try {
    for (let hour = 0; hour < HOURS; hour++)
      await drawHour(bed.store, { fromMs: endMs - (HOURS - hour) * HOUR_MS, endMs, spans: SPANS * scale, hour })
    const deploys = await tellDeploys(bed, endMs)
    await judge(bed, endMs)
    const span = `from=${new Date(endMs - HOURS * HOUR_MS).toISOString()}&to=${new Date(endMs).toISOString()}`
    const pages: [string, string][] = [
      ['services', `/?${span}`],
      ['service', `/s/${serviceName(0)}?${span}`],
      ['deploys', `/deploys?${span}`],
      ['deploy', `/deploys/${deploys[0]}`],
      ['traces', `/traces?service=${serviceName(0)}&${span}`],
      ['logs', `/logs?service=${serviceName(0)}&${span}`],
    ]
    for (const [name, path] of pages) {
      const visits: Visit[] = []
      for (let i = 0; i < VISITS; i++) visits.push(await visit(browser, bed.url + path))
      const middle = (of: (v: Visit) => number) => quantile(visits.map(of), 0.5).toFixed(0).padStart(5)
      say(
        `${name.padEnd(9)} interactive ${middle((v) => v.interactiveMs)} ms, ${middle((v) => v.kib)} KiB, blocked ${middle((v) => v.blockedMs)} ms`,
      )
    }
    const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage()
    const took = await frames(page, `${bed.url}/s/${serviceName(0)}?${span}`, endMs)
    say(
      `${LINES * POINTS} points a chart, the cursor moving: frame p50 ${quantile(took, 0.5).toFixed(0)} ms, p95 ${quantile(took, 0.95).toFixed(0)} ms, ${took.length} frames`,
    )
  } finally {
    await browser.close()
    await bed.close()
  }
}

export default run
