import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { runCli } from '../../../services/cli/run.ts'
import { openWeb, type WebBed } from '../../support/web.ts'
import { at, fillDeploys, fillRequests, fillTelemetry, T0 } from '../../support/web-data.ts'

let bed: WebBed
const empty = mkdtempSync(join(tmpdir(), 'plumbline-cli-'))
beforeAll(async () => {
  bed = await openWeb(T0 + 120 * 60_000)
  await fillTelemetry(bed)
  await fillRequests(bed)
  await fillDeploys(bed)
})
afterAll(async () => {
  await bed.close()
  rmSync(empty, { recursive: true, force: true })
})

/** Runs one command line in this process, on the bed's API and an empty data folder. */
async function run(
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; out: string; err: string }> {
  const told = { out: '', err: '' }
  const taking = (to: 'out' | 'err') => (chunk: unknown) => {
    told[to] += String(chunk)
    return true
  }
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(taking('out')),
    vi.spyOn(process.stderr, 'write').mockImplementation(taking('err')),
  ]
  vi.stubEnv('PLUMBLINE_URL', bed.url)
  vi.stubEnv('PLUMBLINE_DATA_DIR', empty)
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  try {
    return { code: await runCli(['node', 'plumbline', ...args]), ...told }
  } finally {
    for (const spy of spies) spy.mockRestore()
    vi.unstubAllEnvs()
  }
}

/** The same in a process of its own: one process holds one data folder. */
function runApart(args: string[], dir: string): Promise<{ code: number | null; out: string; err: string }> {
  const env = { ...process.env, PLUMBLINE_DATA_DIR: dir }
  const child = spawn(process.execPath, ['--import', 'tsx', 'services/main.ts', ...args], { env })
  const told = { out: '', err: '' }
  child.stdout.on('data', (chunk) => (told.out += chunk))
  child.stderr.on('data', (chunk) => (told.err += chunk))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...told })))
}

describe('the command line', () => {
  it('lists deploys under both names, newest first', async () => {
    const { code, out } = await run(['deploys'])
    expect([code, out.split('\n').length]).toEqual([0, 4])
    expect(out).toMatch(/STARTED .*\n.* v2 .* regressed .*\n.* v1 /)
    expect((await run(['deploy', 'list'])).out).toBe(out)
  })
  it('says of a word that is none of ours where the words are', async () => {
    const { code, err } = await run(['frobnicate'])
    expect([code, err]).toEqual([
      3,
      'plumbline: cannot start frobnicate: Targets are web, alerting, detector, ingest; commands are listed by `plumbline --help`\n',
    ])
    expect((await run(['compare'])).err).toContain("missing required argument 'id'\n(--help says what it takes)")
  })
  it('gates a release by its exit code', async () => {
    const of = (...more: string[]) => run(['gate', '--service', 'checkout', ...more])
    expect(await of('--version', 'v2')).toEqual({ code: 1, out: 'regressed  errors rose\n', err: '' })
    const good = await of('--version', 'v1', '--json')
    expect([good.code, JSON.parse(good.out)]).toMatchObject([0, { data: { verdict: 'no_difference', ok: true } }])
    expect(await of('--version', 'v9')).toMatchObject({ code: 2 })
    const err = 'plumbline: cannot use commit: must have at least 7 characters\n'
    expect(await of('--commit', 'x')).toEqual({ code: 3, out: '', err })
  })

  it('tells of a deploy, and shows those that are known', async () => {
    const what = ['--service', 'cart', '--version', 'v3', '--commit', 'cccccccccc', '--at', at(100)]
    const told = JSON.parse((await run(['deploy', ...what, '--attribute', 'team=a', '--json'])).out)
    expect(told).toMatchObject({ service: 'cart', version: 'v3', started_at: at(100), attributes: { team: 'a' } })
    const list = await run(['deploy', 'list', '--service', 'cart'])
    expect(list.out).toMatch(/^STARTED .*\n2026-03-01 11:40:00Z {2}cart .* v3 .* pending/)
    expect((await run(['deploy', 'show', told.id])).out).toMatch(/^pending {2}not judged yet\ncart/)
    expect(await run(['deploy'])).toMatchObject({ code: 3, err: expect.stringContaining('--service is missing') })
  })

  it('shows services, verdicts, anomalies and comparisons as tables', async () => {
    expect((await run(['services'])).out).toMatch(/^HEALTH .*\nregressed {2}checkout {2}/)
    const verdict = await run(['verdict', '--service', 'checkout'])
    expect(verdict.out).toMatch(/^regressed {2}errors rose\n.*\n\nSIGNAL .*\nerror ratio {2}GET \/pay {2}worse/s)
    const ofVersion = await run(['verdict', '--service', 'checkout', '--version', 'v1'])
    expect(ofVersion.out).toMatch(/^\w[\w ]* {2}.*\ncheckout .* v1 /)
    const anomalies = await run(['anomalies', '--service', 'checkout'])
    expect(anomalies.out).toMatch(/error ratio {2}GET \/pay .* v2 {2,}a_1\n$/)
    const { items } = (await bed.call('GET', '/api/v1/deploys?service=checkout')).body as never as {
      items: { id: string }[]
    }
    const compare = await run(['compare', items[0]?.id ?? ''])
    expect(compare.out).toMatch(/error ratio {2,}0.00 % {2,}15.0 % {2,}\+15.0 points/)
    expect(compare.out).toMatch(/tier = gold {2,}bad {2,}0 {2,}60 {2,}0.00 % {2,}100.0 % {2,}\+100.0 points/)
    const lastWeek = await run(['compare', items[0]?.id ?? '', '--last-week'])
    expect(lastWeek.out).toContain('checkout: last week (from 2026-02-22T11:00:00.000Z) → v2 (regressed)')
    expect(lastWeek.out).toContain('No request of these hours of last week is kept')
  })

  it('makes the first key without a running Plumbline, and lists and revokes it', async () => {
    const local = { PLUMBLINE_URL: '' }
    const made = JSON.parse(
      (await run(['key', 'create', '--name', 'ci', '--scope', 'read', 'deploy', '--json'], local)).out,
    )
    expect(made).toMatchObject({ name: 'ci', scopes: ['read', 'deploy'], key: expect.stringMatching(/^plb_/) })
    expect((await run(['key', 'revoke', made.id], local)).out).toBe('revoked ci\n')
    expect((await run(['key', 'list'], local)).out).not.toContain(made.key)
  })

  it('adds, lists and tests channels, and says which there are', async () => {
    const added = await run(['channel', 'add', 'on-call', '--kind', 'webhook', '--url', 'https://hooks.example.com/x'])
    expect(added.out).toMatch(/^added chn_.*\nits secret, shown this once: whsec_/)
    const list = await run(['channel', 'list'])
    expect(list.out).toMatch(/on-call {2}webhook {2}https:\/\/hooks.example.com\/x {2}on/)
    const err = 'plumbline: cannot find channel "nobody": there are on-call\n'
    expect(await run(['channel', 'test', 'nobody'])).toMatchObject({ code: 3, err })
    const secretOf = (text: string) => /whsec_\S+/.exec(text)?.[0]
    const rotated = await run(['channel', 'rotate', 'on-call'])
    expect(rotated.out).toMatch(/shown this once: whsec_\S+\nfor 24 hours messages are signed with the old one too/)
    expect(secretOf(rotated.out)).not.toBe(secretOf(added.out))
    // Nothing delivers here: the alerting target does not run.
    expect(await run(['channel', 'test', 'on-call', '--timeout', '1s'])).toMatchObject({
      code: 2,
      out: 'pending  0 tries\n',
    })
  })

  it('backs up a stopped data folder, and neither a folder in use nor into itself', async () => {
    const from = mkdtempSync(join(tmpdir(), 'plumbline-backup-'))
    await runApart(['migrate'], from)
    const done = await runApart(['backup', '--to', `${from}-copy`, '--json'], from)
    expect(JSON.parse(done.out)).toMatchObject({ copied: ['engine', 'state.db'], elsewhere: [] })
    expect((await runApart(['migrate'], `${from}-copy`)).out).toBe('schemas are up to date\n')
    expect((await run(['backup', '--to', join(empty, 'x')])).err).toContain('lies inside the data folder')
    const busy = await runApart(['backup', '--to', `${from}-copy2`], bed.dir)
    expect(busy).toMatchObject({ code: 3, err: expect.stringContaining('cannot open') })
    for (const folder of [from, `${from}-copy`, `${from}-copy2`]) rmSync(folder, { recursive: true, force: true })
  })

  it('says what is damaged, and takes no damage for another process', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-damaged-'))
    await runApart(['migrate'], folder)
    const tables = readdirSync(join(folder, 'engine/store'), { recursive: true, encoding: 'utf8' })
    const table = join(folder, 'engine/store', tables.find((name) => name.endsWith('otel_logs.sql'))!)
    const ddl = readFileSync(table)
    writeFileSync(table, 'damaged')
    const engine = await runApart(['migrate'], folder)
    expect(engine).toMatchObject({ code: 3, err: expect.stringContaining('the engine does not start on it') })
    expect(engine.err).not.toContain('another Plumbline')
    writeFileSync(table, ddl)
    for (const rest of ['-wal', '-shm']) rmSync(join(folder, `state.db${rest}`), { force: true })
    writeFileSync(join(folder, 'state.db'), 'no database'.repeat(1000))
    const state = await runApart(['migrate'], folder)
    expect(state).toMatchObject({
      code: 3,
      err: expect.stringContaining(`cannot open the state in ${join(folder, 'state.db')}`),
    })
    rmSync(folder, { recursive: true, force: true })
  })

  it('does not start on a key of secrets that others may read, or that is none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-key-'))
    const file = join(folder, 'secret.key')
    writeFileSync(file, `${'A'.repeat(43)}=`, { mode: 0o600 })
    chmodSync(file, 0o644)
    const started = () => run(['migrate'], { PLUMBLINE_DATA_DIR: folder })
    expect(await started()).toMatchObject({ code: 3, err: expect.stringContaining(`chmod 600 ${file}`) })
    chmodSync(file, 0o600)
    writeFileSync(file, 'short')
    expect(await started()).toMatchObject({ code: 3, err: expect.stringContaining(`cannot use ${file}`) })
    rmSync(folder, { recursive: true, force: true })
  })

  it('says that a data folder cannot be used, to who starts and to who examines', async () => {
    const file = join(empty, 'file')
    writeFileSync(file, '')
    for (const PLUMBLINE_DATA_DIR of [file, join(file, 'below')]) {
      const why = `cannot use the data folder ${PLUMBLINE_DATA_DIR}: ${file} is no folder. Give it to the user`
      const started = await run(['migrate'], { PLUMBLINE_DATA_DIR })
      expect(started).toMatchObject({ code: 3, err: expect.stringContaining(`plumbline: ${why}`) })
      const examined = await run(['doctor'], { PLUMBLINE_DATA_DIR })
      expect(examined).toMatchObject({ code: 1, out: expect.stringContaining(`bad   disk: ${why}`) })
    }
  })

  it('examines what it finds', async () => {
    const { findings } = JSON.parse((await run(['doctor', '--json'])).out) as { findings: { what: string }[] }
    expect(findings.map((f) => f.what)).toEqual([
      'versions',
      'settings',
      'disk',
      'plumbline',
      'clock',
      'send and read back',
    ])
  })

  it('has help for every command', async () => {
    const help = (await run(['--help'])).out
    const running = ['up', 'migrate', 'replay', 'backup', 'doctor', 'key', 'channel']
    for (const name of [...running, 'gate', 'deploy', 'verdict', 'anomalies', 'services', 'compare'])
      expect(help).toMatch(new RegExp(`^ {2}${name}\\b`, 'm'))
    expect(await run(['gate', '--help'])).toMatchObject({ code: 0, out: expect.stringContaining('0 yes, 1 no') })
    expect(await run(['gate'])).toMatchObject({ code: 3, err: expect.stringContaining("option '--service <name>'") })
  })
})
