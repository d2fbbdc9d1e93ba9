import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { postJson } from '../../../services/alerting/channel.ts'
import { sendHttp } from '../../../services/alerting/send.ts'
import { boxOf, secretBox } from '../../../shared/security/secrets.ts'
import { refuseTarget } from '../../../shared/security/target.ts'
import { createChannel } from '../../../shared/state/channels.ts'
import { type AlertBed, openAlertBed } from '../../support/alerting.ts'
import { openSink } from '../../support/sink.ts'
import { runSsrf } from '../../support/ssrf.ts'

describe('a target', () => {
  it('is never one that the operator did not allow: 60 URLs, no hit on the canary, one on the control (E12)', async () => {
    const report = await runSsrf()
    expect(report).toEqual({ tried: 60, canaryHits: 0, controlHits: 1, notRefused: [] })
  })

  it('on this machine is refused with the very setting that allows it', async () => {
    const bed: AlertBed = await openAlertBed({ allow: '' })
    const making = createChannel(bed.context, { name: 'x', kind: 'webhook', url: 'http://127.0.0.1:9999/hook' })
    await expect(making).rejects.toThrow('PLUMBLINE_ALLOW_PRIVATE_TARGETS=127.0.0.0/8')
    await bed.close()
  })

  it('on this machine is reached by name and by number where it is allowed', async () => {
    const sink = await openSink()
    const port = new URL(sink.url).port
    for (const host of ['127.0.0.1', 'localhost', '127.1']) {
      const sent = await sendHttp(postJson(`http://${host}:${port}/`, { a: 'ü' }), {}, { allow: ['127.0.0.0/8'] })
      expect(sent).toMatchObject({ status: 200, failure: null })
    }
    expect(sink.received.map((r) => r.headers.host)).toEqual([
      `127.0.0.1:${port}`,
      `localhost:${port}`,
      `127.0.0.1:${port}`,
    ])
    await sink.close()
  })

  it('says what is wrong with a URL', () => {
    expect(refuseTarget('nonsense', [])).toContain('cannot be read')
    expect(refuseTarget('ftp://example.com', [])).toContain('https://')
    expect(refuseTarget('https://user:pw@example.com/', [])).toContain('user name or password')
    expect(refuseTarget('https://example.com:22/', [])).toContain('port 22')
    expect(refuseTarget('https://example.com/hook', [])).toBeNull()
    expect(() => refuseTarget('http://10.0.0.1/', ['10.0.0.0/33'])).toThrow('PLUMBLINE_ALLOW_PRIVATE_TARGETS')
  })
})

describe('an answer', () => {
  it('is read to its limit and no further', async () => {
    const { createServer } = await import('node:http')
    let cut = false
    const server = createServer((_, response) => {
      response.on('close', () => {
        cut = !response.writableFinished
      })
      const flood = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        if (!response.destroyed) response.once('drain', flood)
      }
      flood()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const sent = await sendHttp(postJson(`http://127.0.0.1:${port}/`, {}), {}, { allow: ['127.0.0.0/8'] })
    expect(sent.status).toBe(200)
    await expect.poll(() => cut).toBe(true)
    server.close()
  })

  it('of a TLS server with a certificate that nobody vouches for is a failure that no retry heals', async () => {
    const { createServer } = await import('node:tls')
    const server = createServer({}, () => {})
    server.on('tlsClientError', () => {})
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const sent = await sendHttp(postJson(`https://127.0.0.1:${port}/`, {}), {}, { allow: ['127.0.0.0/8'] })
    expect(sent.failure?.kind).toBe('tls')
    server.close()
  })
})

describe('the key file', () => {
  let dir: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'plumbline-key-'))
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  it('is made for its owner alone, and used again', () => {
    const sealed = secretBox(dir).seal('whsec_x', 'channel:1')
    expect(statSync(join(dir, 'secret.key')).mode & 0o777).toBe(0o600)
    expect(secretBox(dir).open(sealed, 'channel:1')).toBe('whsec_x')
    expect(sealed).not.toContain('whsec')
  })

  it('that others may read is refused, with the command that mends it', () => {
    writeFileSync(join(dir, 'secret.key'), Buffer.alloc(32).toString('base64'), { mode: 0o644 })
    expect(() => secretBox(dir)).toThrow('chmod 600')
  })

  it('opens nothing that was changed, moved to another record, or sealed under another key', () => {
    const box = boxOf(Buffer.alloc(32, 1))
    const sealed = box.seal('secret', 'channel:1')
    expect(() => box.open(sealed, 'channel:2')).toThrow('belongs to another record')
    expect(() => box.open(`${sealed.slice(0, -2)}AA`, 'channel:1')).toThrow('cannot open secret')
    expect(() => boxOf(Buffer.alloc(32, 2)).open(sealed, 'channel:1')).toThrow('another key file')
    expect(box.seal('secret', 'channel:1')).not.toBe(sealed)
  })

  it('is not in the state', async () => {
    const bed = await openAlertBed()
    await createChannel(bed.context, {
      name: 'x',
      kind: 'webhook',
      url: 'http://127.0.0.1:9999/',
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    })
    await bed.state.run('DELETE FROM cursors')
    const files = ['state.db', 'state.db-wal'].map((name) => readFileSync(join(bed.dir, name), 'latin1')).join('')
    expect(files).not.toContain('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')
    await bed.close()
  })
})
