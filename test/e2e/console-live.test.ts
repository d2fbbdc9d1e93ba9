import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, openBrowser } from '../support/browser.ts'
import { type Child, startChild } from '../support/child.ts'
import { ensureConsole } from '../support/console-build.ts'
import { seeded } from '../support/telemetry.ts'
import { type Plan, sendPast } from '../support/traffic.ts'
import { until } from '../support/wait.ts'

const commit = '9f3c1e7a5b2d48c06e1f7a9b3c5d7e9f1a2b3c4d'
const good: Plan = {
  service: 'orders',
  version: '1.0.0',
  commit: '1111111111111111111111111111111111111111',
  routes: { 'POST /orders': { perMinute: 40, errors: 0.01, latencyMs: 40 } },
}
const bad: Plan = {
  ...good,
  version: '1.1.0',
  commit,
  routes: { 'POST /orders': { perMinute: 40, errors: 0.25, latencyMs: 40 } },
}

let browser: Browser
let plumbline: Child
let page: Page
const folder = mkdtempSync(join(tmpdir(), 'plumbline-console-'))
const complaints: string[] = []
const random = seeded(7)

const api = async <T>(path: string): Promise<T> =>
  (await (await fetch(`${plumbline.urls.web}/api/v1${path}`)).json()) as T

/**  error ratio of orders        1.1.0
 *   0.25                           ┌────
 *   0.01  ─────────────────────────┘       first run → data arrives → verdict → anomaly → trace → test message
 */
describe.skipIf(chromiumPath() === null)('the console of a running Plumbline', () => {
  beforeAll(async () => {
    await ensureConsole()
    process.env.PLUMBLINE_TEST_TARGETS = 'all'
    plumbline = await startChild(folder, { PLUMBLINE_DETECT_EVERY_S: '2' })
    browser = (await openBrowser())!
    page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage()
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  })
  afterAll(async () => {
    await browser?.close()
    await plumbline?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('waits for data with a snippet that names the true endpoint, and ticks when spans arrive', async () => {
    await page.goto(plumbline.urls.web)
    await page.getByRole('link', { name: 'Show me how to send data' }).click()
    await page.getByText(`OTEL_EXPORTER_OTLP_ENDPOINT=${plumbline.urls.otlpHttp}`).first().waitFor()
    expect(await page.getByText('waiting for the first').count()).toBe(4)
    const nowMs = Date.now()
    await sendPast(plumbline.urls.otlpHttp, good, nowMs - 90 * 60_000, nowMs - 12 * 60_000, random)
    await sendPast(plumbline.urls.otlpHttp, bad, nowMs - 12 * 60_000, nowMs - 60_000, random)
    await page.locator('.arrived').filter({ hasText: 'Traces' }).waitFor()
  })

  it('shows the regressed service first, and leads to the verdict, the anomaly and a failed trace', async () => {
    const judged = await until(
      'the verdict',
      async () => {
        const { items } = await api<{ items: { version: string; verdict: string }[] }>('/deploys?service=orders')
        return items.find((deploy) => deploy.version === '1.1.0' && deploy.verdict === 'regressed')
      },
      900,
    )
    expect(judged?.verdict).toBe('regressed')
    await page.goto(plumbline.urls.web)
    await page.locator('.service-regressed').getByRole('link', { name: '1.1.0' }).click()
    await page.getByText('Production got worse with this deploy.').waitFor()
    await page.getByText(commit.slice(0, 9)).first().waitFor()
    await page.locator('.finding-bad .finding-head a').first().click()
    await page.getByText('Why it was told').waitFor()
    await page.locator('.exemplar-list a').first().click()
    await page.getByText('Logs of this trace').waitFor()
    await page.getByText('POST /orders').first().waitFor()
  })

  it('walks from the incident over the verdict and the comparison to a silence, and lets the level be called expected', async () => {
    const incident = await until('the incident', async () => {
      const { items } = await api<{ items: { id: string }[] }>('/incidents?service=orders')
      return items[0]
    })
    await page.goto(`${plumbline.urls.web}/incidents/${incident.id}`)
    await page.getByRole('button', { name: 'Add a note' }).click()
    await page.getByRole('textbox', { name: 'Note' }).fill('rolled back, see the runbook')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: 'Edit note' }).waitFor()
    await page.getByText('rolled back, see the runbook').waitFor()
    await page.getByRole('link', { name: 'Verdict of the deploy' }).click()
    await page.getByRole('link', { name: 'Compare with' }).first().click()
    await page.waitForURL(/\/compare\?/)
    await page.getByRole('table').first().waitFor()
    await page.goBack()
    await page.locator('.finding-bad .finding-head a').first().click()
    await page.getByText('Why it was told').waitFor()
    const anomaly = page.url()
    await page.getByRole('button', { name: 'Replay this detection' }).click()
    await page.getByText(/^Found again: .* where .* was expected\.$/).waitFor({ timeout: 90_000 })
    await page.getByRole('link', { name: 'Silence' }).click()
    expect(await page.getByLabel('Route, peer or metric').inputValue()).toBe('POST /orders')
    await page.getByRole('textbox', { name: 'Why' }).fill('known, being fixed')
    await page.getByRole('button', { name: 'Silence', exact: true }).click()
    await page.getByRole('cell', { name: 'dimension = POST /orders' }).waitFor()
    await page.goto(anomaly)
    await page.getByRole('textbox', { name: 'Why' }).fill('the new check refuses more')
    await page.getByRole('button', { name: 'It is expected' }).click()
    await page.getByRole('heading', { name: 'Called expected' }).waitFor()
    await page.getByRole('button', { name: 'Take back' }).click()
    await page.getByRole('heading', { name: 'Called expected' }).waitFor({ state: 'detached' })
  })

  it('leads from a point of a chart to its requests', async () => {
    await page.goto(`${plumbline.urls.web}/s/orders?env=production&range=3h`)
    const chart = page.locator('.u-over').first()
    await chart.waitFor()
    const { width, height } = (await chart.boundingBox())!
    await chart.click({ position: { x: width * 0.9, y: height / 2 } })
    await page.getByRole('link', { name: /^(Failed r|R)equests of/ }).click()
    await page.waitForURL(/\/traces\?/)
    expect([...new URL(page.url()).searchParams.keys()]).toEqual(expect.arrayContaining(['service', 'from', 'to']))
  })

  it('hands a list to a spreadsheet', async () => {
    await page.goto(`${plumbline.urls.web}/deploys?service=orders`)
    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: 'CSV' }).click()
    expect((await download).suggestedFilename()).toBe('deploys.csv')
    const text = await (await fetch(`${plumbline.urls.web}/api/v1/deploys?service=orders&format=csv`)).text()
    expect(text.split('\r\n')[0]).toContain('version')
    expect(text).toContain('1.1.0')
  })

  it('adds a channel, shows its secret once, and its test is seen among the deliveries', async () => {
    await page.goto(`${plumbline.urls.web}/settings/channels`)
    await page.getByLabel('Name').fill('on-call')
    await page.getByLabel('Address').fill('https://hooks.example.com/plumbline')
    await page.getByRole('button', { name: 'Add channel' }).click()
    await page.getByText('keep this secret').waitFor()
    await page.getByRole('button', { name: 'I have kept it' }).click()
    await page.getByRole('button', { name: 'Send test' }).click()
    await page.getByRole('link', { name: 'queued, see deliveries' }).click()
    await page.getByRole('cell', { name: 'test', exact: true }).waitFor()
  })

  it('draws every list and every explorer without a complaint of the page', async () => {
    for (const path of [
      '/deploys',
      '/anomalies',
      '/alerts',
      '/traces?service=orders',
      '/logs',
      '/patterns?service=orders',
      '/metrics?service=orders',
      '/system',
      '/settings',
      '/compare',
      '/s/orders',
    ]) {
      await page.goto(plumbline.urls.web + path)
      await page.locator('h1').first().waitFor()
      await page.locator('.skeleton').first().waitFor({ state: 'detached' })
      expect(await page.locator('.problem').count(), path).toBe(0)
    }
    expect(complaints).toEqual([])
  })
})
