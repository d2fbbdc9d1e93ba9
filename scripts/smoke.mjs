/**
 * Starts the product by `npm start` on free ports in a temporary folder, sends one trace, reads it back through the API,
 * stops it by SIGTERM and checks that it ends by itself. Prints each step; exits 1 at the first that fails.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const folder = mkdtempSync(join(tmpdir(), 'plumbline-smoke-'))
const ports = { PLUMBLINE_OTLP_HTTP_PORT: '0', PLUMBLINE_OTLP_GRPC_PORT: '0', PLUMBLINE_WEB_PORT: '0' }
const startedMs = Date.now()
const child = spawn('npm', ['start', '--silent'], {
  env: { ...process.env, ...ports, PLUMBLINE_DATA_DIR: folder },
  stdio: ['ignore', 'pipe', 'inherit'],
  detached: true,
})
const ended = new Promise((resolve) => child.once('exit', resolve))
const say = (line) => console.log(`smoke: ${line} (${((Date.now() - startedMs) / 1000).toFixed(1)} s)`)
const fail = (line) => {
  console.error(`smoke: ${line}`)
  process.exitCode = 1
}

const within = (promise, ms, what) =>
  Promise.race([
    promise,
    new Promise((_, reject) => setTimeout(() => reject(new Error(`${what} took over ${ms / 1000} s`)), ms).unref()),
  ])

const lines = createInterface({ input: child.stdout })
const ready = new Promise((resolve, reject) => {
  lines.on('line', (line) => {
    try {
      const entry = JSON.parse(line)
      if (entry.event === 'ready') resolve({ ...entry, pid: entry.pid })
    } catch {
      // npm's own lines
    }
  })
  void ended.then((code) => reject(new Error(`npm start ended with code ${code}`)))
})

const traceId = '0af7651916cd43dd8448eb211c80319c'
const trace = (nowMs) => ({
  resourceSpans: [
    {
      resource: {
        attributes: [
          { key: 'service.name', value: { stringValue: 'smoke' } },
          { key: 'service.version', value: { stringValue: '1' } },
        ],
      },
      scopeSpans: [
        {
          spans: [
            {
              traceId,
              spanId: 'b7ad6b7169203331',
              name: 'GET /',
              kind: 2,
              startTimeUnixNano: `${nowMs - 20}000000`,
              endTimeUnixNano: `${nowMs}000000`,
            },
          ],
        },
      ],
    },
  ],
})

async function readBack(web) {
  for (let attempt = 0; attempt < 100; attempt++) {
    const response = await fetch(`${web}/api/v1/traces/${traceId}`)
    if (response.ok && (await response.json()).spans?.length === 1) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('the trace did not become readable within 10 s')
}

try {
  const urls = await within(ready, 60_000, 'npm start')
  say(`ready at ${urls.web}`)
  const sent = await fetch(`${urls.otlpHttp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(trace(Date.now())),
  })
  if (sent.status !== 200) throw new Error(`OTLP answered ${sent.status}: ${await sent.text()}`)
  await readBack(urls.web)
  say('a trace went in by OTLP and came out by the API')
  const page = await fetch(`${urls.web}/`)
  if (!page.ok || !(await page.text()).includes('<script'))
    throw new Error(`the console answered ${page.status} without its page`)
  say('the console is served')
} catch (error) {
  fail(error.message)
} finally {
  process.kill(-child.pid, 'SIGTERM')
  await within(ended, 15_000, 'stopping').then(
    () => say('stopped'),
    (error) => {
      fail(error.message)
      process.kill(-child.pid, 'SIGKILL')
    },
  )
  rmSync(folder, { recursive: true, force: true })
}
