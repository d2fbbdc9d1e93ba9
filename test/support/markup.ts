import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { allTargets, type Running, up } from '../../services/up.ts'
import { loadConfig } from '../../shared/runtime/config.ts'
import { createLog } from '../../shared/runtime/log.ts'
import type { Store } from '../../shared/store/store.ts'
import { openBrowser } from './browser.ts'
import {
  bad,
  good,
  MARK,
  nasty,
  nastyDeploy,
  nastyLogs,
  nastyMetrics,
  nastyName,
  nastyText,
  nastyTraces,
  PLANTED,
} from './markup-telemetry.ts'
import { seeded } from './random.ts'
import { openSink, type Sink } from './sink.ts'
import { sendPast } from './traffic.ts'
import { until } from './wait.ts'

export type MarkupReport = {
  /** Null where there is no browser here. */
  pages: number | null
  /** Pages that showed a hostile text, so that there was something to withstand. */
  pagesWithText: number
  dialogs: number
  cspReports: number
  pageErrors: string[]
  /** Dialogs and reports of a page that does what must not happen: shows that the test would see it. */
  control: { dialogs: number; cspReports: number }
  messages: number
  logLines: number
  controlBytes: number
  secrets: { tables: string[]; files: string[]; log: number; messages: number; answers: number }
}

type Bed = { running: Running; lines: string[]; sink: Sink; dir: string; get<T>(path: string): Promise<T> }
const TRACE = 'abcdefabcdefabcdefabcdefabcdefab'
// biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/
const holds = (value: string) => PLANTED.filter((secret) => value.includes(secret))

async function send(bed: Bed, path: string, body: unknown, to: 'otlp' | 'web' = 'otlp'): Promise<void> {
  const base = to === 'otlp' ? bed.running.urls.otlpHttp : bed.running.urls.web
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${base}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`cannot send ${path}: ${answer.status} ${(await answer.text()).slice(0, 500)}`)
}

async function open(): Promise<Bed> {
  const dir = mkdtempSync(join(tmpdir(), 'plumbline-markup-'))
  const lines: string[] = []
  const settings = {
    ...{
      PLUMBLINE_DATA_DIR: dir,
      PLUMBLINE_OTLP_HTTP_PORT: '0',
      PLUMBLINE_OTLP_GRPC_PORT: '0',
      PLUMBLINE_WEB_PORT: '0',
    },
    ...{ PLUMBLINE_DETECT_EVERY_S: '1', PLUMBLINE_ALLOW_PRIVATE_TARGETS: '127.0.0.0/8' },
  }
  const log = createLog('trace', { write: (line) => void lines.push(line) })
  const running = await up(loadConfig(settings, '/nonexistent.yaml'), allTargets, { log })
  const get = async <T>(path: string) => (await (await fetch(`${running.urls.web}/api/v1${path}`)).json()) as T
  return { running, lines, sink: await openSink(), dir, get }
}

/** The whole way: hostile telemetry of a deploy that goes bad, told to three channels. @returns the id of its incident */
async function ingest(bed: Bed): Promise<{ deploy: string; anomaly: string; incident: string }> {
  const channels = ['webhook', 'slack', 'teams'] as const
  for (const kind of channels)
    await send(bed, '/api/v1/channels', { name: `${kind} ${nastyText}`.slice(0, 100), kind, url: bed.sink.url }, 'web')
  const nowMs = Date.now()
  const random = seeded(14)
  await sendPast(bed.running.urls.otlpHttp ?? '', good, nowMs - 70 * 60_000, nowMs - 12 * 60_000, random)
  await sendPast(bed.running.urls.otlpHttp ?? '', bad, nowMs - 12 * 60_000, nowMs - 60_000, random)
  const nowNs = `${nowMs - 120_000}000000`
  await send(bed, '/v1/traces', nastyTraces(TRACE, nowNs))
  await send(bed, '/v1/logs', nastyLogs(TRACE, nowNs))
  await send(bed, '/v1/metrics', nastyMetrics(nowNs))
  await send(bed, '/api/v1/deploys', nastyDeploy(new Date(nowMs - 12 * 60_000).toISOString()), 'web')
  // What cannot be read is told of in answers and in our log: it holds secrets and codes too.
  await fetch(`${bed.running.urls.otlpHttp}/v1/${encodeURIComponent(nasty(60))}`, { method: 'POST', body: nasty(61) })
  await fetch(`${bed.running.urls.web}/api/v1/traces/${encodeURIComponent(nasty(62))}`)
  const incident = await until(
    'incident',
    async () => {
      const { items } = await bed.get<{ items: { id: string; deploy_id: string; anomaly_ids: string[] }[] }>(
        '/incidents',
      )
      return items.find((one) => one.deploy_id)
    },
    1200,
  )
  await until('message of each channel', () => (bed.sink.received.length >= channels.length ? true : undefined), 600)
  return { deploy: incident.deploy_id, anomaly: incident.anomaly_ids[0] ?? '', incident: incident.id }
}

/** Text columns of all tables that hold a planted secret. */
async function tablesWithSecrets(store: Store): Promise<string[]> {
  const columns = await store.rows<{ table: string; name: string }>(
    `SELECT table, name FROM system.columns WHERE database = currentDatabase() AND match(type, 'String|Map|JSON') ORDER BY table, name`,
  )
  const tables = [...new Set(columns.map((c) => c.table))]
  const found: string[] = []
  for (const table of tables) {
    const all = columns.filter((c) => c.table === table).map((c) => `toString(\`${c.name}\`)`)
    const rows = await store.rows<{ n: string }>(
      `SELECT count() AS n FROM \`${table}\` WHERE multiSearchAny(concat('', ${all.join(", '\\n', ")}), {planted:Array(String)})`,
      { planted: PLANTED },
    )
    if (rows[0]?.n !== '0') found.push(table)
  }
  return found
}

function filesWithSecrets(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) return filesWithSecrets(path)
    const bytes = readFileSync(path)
    return PLANTED.some((secret) => bytes.includes(secret)) ? [path] : []
  })
}

const pathsOf = (seen: { deploy: string; anomaly: string; incident: string }): string[] => {
  const service = encodeURIComponent(nastyName.replace(PLANTED[0] ?? '', '[redacted]'))
  return [
    ...[
      '/',
      `/s/${service}`,
      '/deploys',
      `/deploys/${seen.deploy}`,
      '/anomalies',
      `/anomalies/${seen.anomaly}`,
      '/alerts',
    ],
    ...['/alerts?tab=deliveries', '/alerts?silence=latency', `/incidents/${seen.incident}`, '/settings/channels'],
    ...[
      `/compare?a=${seen.deploy}&b=${seen.deploy}`,
      `/traces?service=${service}`,
      `/traces/${TRACE}?span=00000000000000a1`,
    ],
    ...[
      `/logs?service=${service}`,
      `/patterns?service=${service}`,
      `/metrics?service=${service}`,
      '/system',
      '/settings',
    ],
    ...['/setup', `/s/${encodeURIComponent(nastyText)}`, `/logs?q=${encodeURIComponent(nastyText)}`],
  ]
}

type Seen = { dialogs: number; cspReports: number; errors: string[] }

function listenTo(page: Page): Seen {
  const seen: Seen = { dialogs: 0, cspReports: 0, errors: [] }
  page.on('dialog', (dialog) => {
    seen.dialogs += 1
    void dialog.dismiss().catch(() => {})
  })
  page.on('console', (message) => {
    if (/Content Security Policy|TrustedHTML|Trusted Type/i.test(message.text())) seen.cspReports += 1
  })
  page.on('pageerror', (error) => seen.errors.push(error.message))
  return seen
}

async function look(bed: Bed, paths: readonly string[], report: MarkupReport): Promise<void> {
  const browser = await openBrowser()
  if (!browser) return
  if (!existsSync('dist/console/index.html'))
    execFileSync(process.execPath, [
      'node_modules/vite/bin/vite.js',
      'build',
      'services/web/console',
      '--logLevel',
      'warn',
    ])
  try {
    const page = await browser.newPage()
    const seen = listenTo(page)
    for (const path of paths) {
      await page.goto(`${bed.running.urls.web}${path}`)
      await page.waitForLoadState('networkidle', { timeout: 5000 }).catch(() => {})
      if (((await page.locator('body').textContent()) ?? '').includes(MARK)) report.pagesWithText += 1
    }
    Object.assign(report, {
      pages: paths.length,
      dialogs: seen.dialogs,
      cspReports: seen.cspReports,
      pageErrors: seen.errors,
    })
    const other = await browser.newPage()
    const control = listenTo(other)
    await other.goto(`${bed.running.urls.web}/setup`)
    await other.evaluate(
      "document.body.append(Object.assign(document.createElement('img'), { src: 'https://example.invalid/' }))",
    )
    await other.evaluate("void setTimeout(() => alert('control'))")
    await until('control', () => (control.dialogs > 0 && control.cspReports > 0 ? true : undefined), 100)
    report.control = { dialogs: control.dialogs, cspReports: control.cspReports }
  } finally {
    await browser.close()
  }
}

/** Hostile text and secrets in every field that takes text, through ingest, detector, alerting, API and every page. */
export async function runMarkup(o: { pages?: number } = {}): Promise<MarkupReport> {
  const report: MarkupReport = {
    ...{
      pages: null,
      pagesWithText: 0,
      dialogs: 0,
      cspReports: 0,
      pageErrors: [],
      control: { dialogs: 0, cspReports: 0 },
    },
    ...{ messages: 0, logLines: 0, controlBytes: 0 },
    secrets: { tables: [], files: [], log: 0, messages: 0, answers: 0 },
  }
  const bed = await open()
  let running = true
  try {
    const seen = await ingest(bed)
    await look(bed, pathsOf(seen).slice(0, o.pages), report)
    for (const path of [
      '/services',
      '/deploys',
      '/anomalies',
      '/incidents',
      '/traces',
      '/logs',
      '/channels',
      `/traces/${TRACE}`,
    ])
      report.secrets.answers += holds(JSON.stringify(await bed.get(path))).length
    report.secrets.tables = await tablesWithSecrets(bed.running.context.store)
    const texts = bed.sink.received.map((r) => r.body)
    report.messages = texts.length
    report.secrets.messages = texts.filter((body) => holds(body).length > 0).length
    await bed.running.stop()
    running = false
    report.logLines = bed.lines.length
    report.secrets.log = bed.lines.filter((line) => holds(line).length > 0).length
    report.controlBytes = [...bed.lines, ...texts].filter((line) => CONTROL.test(line)).length
    report.secrets.files = filesWithSecrets(bed.dir)
  } finally {
    if (running) await bed.running.stop()
    await bed.sink.close()
    rmSync(bed.dir, { recursive: true, force: true })
  }
  return report
}

/** Whether nothing ran, and nothing that is secret was kept or told. */
export const withstood = (r: MarkupReport): boolean =>
  r.dialogs + r.cspReports + r.pageErrors.length + r.controlBytes === 0 &&
  r.secrets.tables.length + r.secrets.files.length + r.secrets.log + r.secrets.messages + r.secrets.answers === 0 &&
  r.messages >= 3 &&
  r.logLines > 0 &&
  (r.pages === null || (r.pagesWithText >= r.pages / 2 && r.control.dialogs > 0 && r.control.cspReports > 0))
