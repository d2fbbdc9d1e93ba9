import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../../../shared/runtime/config.ts'
import type { Script } from '../../../shared/runtime/scripts.ts'
import {
  createChannel,
  deleteChannel,
  listChannels,
  rotateSecret,
  updateChannel,
} from '../../../shared/state/channels.ts'
import { listDeliveries } from '../../../shared/state/deliveries.ts'
import { syncScriptChannels } from '../../../shared/state/script-channels.ts'
import { type AlertBed, anomalyOf, openAlertBed } from '../../support/alerting.ts'

let bed: AlertBed
let dir: string
beforeEach(async () => {
  bed = await openAlertBed()
  dir = mkdtempSync(join(tmpdir(), 'plumbline-script-'))
})
afterEach(async () => {
  await bed.close()
  rmSync(dir, { recursive: true, force: true })
})

const out = () => join(dir, 'out')
/** A program of one line of shell; what it writes to `$1` is read back. */
const scriptOf = (text: string, more: Partial<Script> = {}): Script => {
  const command = join(dir, 'program')
  writeFileSync(command, `#!/bin/sh\n${text}\n`)
  chmodSync(command, 0o700)
  return { name: 'lamp', command, args: [out()], timeout_s: 10, filter: null, ...more }
}
const install = async (...scripts: Script[]) => {
  bed.config.scripts = scripts
  await syncScriptChannels(bed.context, scripts)
}
const fire = async () => {
  await bed.pass(anomalyOf())
  await bed.clock.advance(3_000)
  await bed.pass()
}
const deliveries = async () => (await listDeliveries(bed.state)).items
const fileOf = (text: string, mode = 0o600) => {
  const file = join(dir, 'plumbline.yaml')
  writeFileSync(file, text, { mode })
  chmodSync(file, mode)
  return file
}

describe('a script', () => {
  it('gets the message on its standard input, its arguments as they are, and nothing of our environment', async () => {
    await install(scriptOf('cat > "$1"; echo "$2" >> "$1"; env >> "$1"', { args: [out(), '$(touch x); `y` "z"'] }))
    await fire()
    expect(await deliveries()).toMatchObject([{ state: 'delivered', last_status: 0, last_error: null }])
    const [body = '', argument, ...environment] = readFileSync(out(), 'utf8').trim().split('\n')
    expect(JSON.parse(body)).toMatchObject({ event: 'firing', status: 'firing', alerts: [{ status: 'firing' }] })
    expect(argument).toBe('$(touch x); `y` "z"')
    expect(environment.map((line) => line.split('=')[0]).sort()).toEqual(['LANG', 'PATH', 'PWD'])
  })

  it('that fails is tried again, and says its exit code alone', async () => {
    await install(scriptOf('echo "password=hunter2" >&2; exit 3'))
    await fire()
    expect(await deliveries()).toMatchObject([
      { state: 'pending', last_status: 3, last_error: 'it ended with exit code 3' },
    ])
    scriptOf('exit 0')
    await bed.clock.advance(7_000)
    await bed.deliver()
    expect(await deliveries()).toMatchObject([{ state: 'delivered' }])
  })

  it('that ends with 100 is a dead letter', async () => {
    await install(scriptOf('exit 100'))
    await fire()
    expect(await deliveries()).toMatchObject([{ state: 'dead', last_status: 100 }])
  })

  it('that does not end, with children, is ended when its time is over', async () => {
    await install(scriptOf('sleep 600 & echo $! > "$1"; wait', { timeout_s: 1 }))
    await fire()
    expect(await deliveries()).toMatchObject([{ state: 'pending', last_error: 'it did not end within 1 s' }])
    // Gone, or dead and not yet collected.
    const child = readFileSync(out(), 'utf8').trim()
    const stateOf = () => spawnSync('ps', ['-o', 'stat=', '-p', child], { encoding: 'utf8' }).stdout.trim()
    await expect.poll(stateOf).toMatch(/^(Z.*)?$/)
  }, 20_000)

  it('that writes without end is read no further and does its work', async () => {
    await install(scriptOf('head -c 5000000 /dev/zero; cat > "$1"'))
    await fire()
    expect(await deliveries()).toMatchObject([{ state: 'delivered' }])
  })

  it('that is not there is tried again, for it may come', async () => {
    await install(scriptOf('exit 0', { command: '/nonexistent/program' }))
    await fire()
    expect(await deliveries()).toMatchObject([{ state: 'pending', last_error: 'it cannot be started (ENOENT)' }])
  })
})

describe('script channels', () => {
  it('come and go with the configuration file, and keep their id', async () => {
    await install(scriptOf('exit 0'))
    const before = (await listChannels(bed.state)).items
    expect(before).toMatchObject([{ name: 'lamp', kind: 'script', url: 'script:lamp', enabled: true }])
    await install(scriptOf('exit 0'))
    expect((await listChannels(bed.state)).items).toEqual(before)
    await install(scriptOf('exit 0', { filter: { severities: ['critical'] } }))
    expect((await listChannels(bed.state)).items).toMatchObject([
      { id: before[0]?.id, filter: { severities: ['critical'] } },
    ])
    await install()
    expect((await listChannels(bed.state)).items).toEqual([])
  })

  it('are neither made nor changed by the API', async () => {
    const made = createChannel(bed.context, { name: 'x', kind: 'script', url: 'https://example.com' })
    await expect(made).rejects.toThrow('cannot use kind "script"')
    await install(scriptOf('exit 0'))
    const id = (await listChannels(bed.state)).items[0]?.id ?? ''
    for (const change of [
      () => updateChannel(bed.context, id, { url: 'https://example.com' }),
      () => deleteChannel(bed.context, id),
      () => rotateSecret(bed.context, id),
    ])
      await expect(change()).rejects.toThrow('configuration file')
  })

  it('are read from the file, never from the environment', () => {
    const text = 'scripts:\n  - name: lamp\n    command: /usr/local/bin/lamp\n    args: [--room, "3"]\n'
    expect(loadConfig({}, fileOf(text)).scripts).toEqual([
      { name: 'lamp', command: '/usr/local/bin/lamp', args: ['--room', '3'], timeout_s: 10, filter: null },
    ])
    expect(loadConfig({ PLUMBLINE_SCRIPTS: text }, 'absent.yaml').scripts).toEqual([])
  })

  it.each([
    ['scripts: [{name: a, command: lamp}]', 'scripts.0.command'],
    ['scripts: [{name: a, command: /x, shell: true}]', 'scripts.0'],
    ['scripts: [{name: a, command: /x, timeout_s: 60}]', 'scripts.0.timeout_s'],
    ['scripts: [{name: a, command: /x}, {name: a, command: /y}]', 'given twice'],
    ['scripts: lamp', 'cannot use scripts'],
  ])('refuse %s and say why', (text, why) => {
    expect(() => loadConfig({}, fileOf(text))).toThrow(why)
  })

  it('refuse a file that others may write', () => {
    const text = 'scripts: [{name: a, command: /x}]'
    expect(() => loadConfig({}, fileOf(text, 0o622))).toThrow('chmod go-w')
    expect(loadConfig({}, fileOf(text, 0o644)).scripts).toHaveLength(1)
  })
})
