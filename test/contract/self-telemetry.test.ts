import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { allTargets, up } from '../../services/up.ts'
import { silentLog } from '../../shared/runtime/log.ts'
import { call, testConfig } from '../support/timeline.ts'

/** Plumbline is its own user here: it sends its telemetry to itself, and reads it back. */
describe('self-telemetry', () => {
  const dir = mkdtempSync(join(tmpdir(), 'plumbline-self-'))
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  it('sends its metrics by OTLP with the SDK, and they can be read back', async () => {
    const first = await up(testConfig(dir), allTargets, { log: silentLog() })
    const endpoint = first.urls.otlpHttp ?? ''
    await first.stop()
    process.env.OTEL_EXPORTER_OTLP_ENDPOINT = endpoint
    process.env.OTEL_METRIC_EXPORT_INTERVAL = '500'
    const port = new URL(endpoint).port
    const env = { PLUMBLINE_SELF_TELEMETRY: 'true', PLUMBLINE_OTLP_HTTP_PORT: port, PLUMBLINE_DETECT_EVERY_S: '1' }
    const running = await up(testConfig(dir, env), allTargets, { log: silentLog() })
    try {
      const web = running.urls.web ?? ''
      for (let attempt = 0; attempt < 150; attempt++) {
        const { items } = await call<{ items: { service: string }[] }>(web, 'GET', '/services')
        if (items.some((s) => s.service === 'plumbline')) {
          const detail = await call<{ metrics: { metric: string }[] }>(web, 'GET', '/services/plumbline')
          if (detail.metrics.some((m) => m.metric === 'plumbline_detector_pass_seconds')) return
        }
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
      expect.unreachable('its own metrics did not arrive within 30 s')
    } finally {
      await running.stop()
    }
  })
})
