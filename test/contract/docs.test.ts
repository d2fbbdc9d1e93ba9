import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { runCli } from '../../services/cli/run.ts'
import { ingest } from '../../services/ingest/service.ts'
import type { Service } from '../../shared/runtime/service.ts'
import { openWeb, type WebBed } from '../support/web.ts'
import { at, fillDeploys, fillTelemetry } from '../support/web-data.ts'

const files = readdirSync('docs')
  .filter((name) => name.endsWith('.md'))
  .map((name) => ({ name, text: readFileSync(`docs/${name}`, 'utf8') }))

/** Commands of the shell examples: a quoted text may go over lines. */
const commands = files.flatMap(({ name, text }) =>
  [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block]) => {
    const found: string[] = []
    for (const line of (block ?? '').trimEnd().split('\n')) {
      const isOpen = ((found.at(-1) ?? '').match(/'/g) ?? []).length % 2 === 1
      if (isOpen) found.push(`${found.pop()}\n${line}`)
      else found.push(line)
    }
    return found.map((command) => [name, command] as const)
  }),
)
const curls = commands.filter(([, command]) => /^curl .*http:\/\/127\.0\.0\.1/.test(command))
const clis = commands.filter(([, command]) => command.startsWith('npx plumbline '))

let bed: WebBed
let service: Service
let env: Record<string, string>
beforeAll(async () => {
  const ports = { PLUMBLINE_OTLP_HTTP_PORT: '0', PLUMBLINE_OTLP_GRPC_PORT: '0' }
  bed = await openWeb(Date.parse(at(120)), ports)
  await fillTelemetry(bed)
  const { v2 } = await fillDeploys(bed)
  service = ingest(bed.context)
  await service.start()
  env = { ...(process.env as Record<string, string>), DEPLOY_ID: v2.id }
  vi.stubEnv('PLUMBLINE_URL', bed.url)
  vi.stubEnv('PLUMBLINE_DATA_DIR', bed.dir)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await service.stop()
  await bed.close()
})
afterEach(() => void vi.restoreAllMocks())

const shell = (command: string) =>
  new Promise<{ code: number; out: string }>((resolve) => {
    const local = command
      .replaceAll('http://127.0.0.1:8080', bed.url)
      .replaceAll('http://127.0.0.1:4318', bed.context.urls.otlpHttp ?? '')
    execFile('bash', ['-c', local], { env, timeout: 20_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? 1 : 0, out: `${stdout}${stderr}` }),
    )
  })

/** Runs one command line in this process, and gives its exit code and what it printed. */
async function cli(args: string[]): Promise<{ code: number; out: string }> {
  let out = ''
  const write = (chunk: unknown) => {
    out += String(chunk)
    return true
  }
  vi.spyOn(process.stdout, 'write').mockImplementation(write as typeof process.stdout.write)
  vi.spyOn(process.stderr, 'write').mockImplementation(write as typeof process.stderr.write)
  try {
    return { code: await runCli(['node', 'plumbline', ...args]), out }
  } finally {
    vi.restoreAllMocks()
  }
}
const wordsOf = (command: string) => command.replace(/^npx plumbline /, '').split(/\s+/)

describe('an example in docs/', () => {
  it('is there to be tried', () => {
    expect(curls.length).toBeGreaterThan(10)
    expect(clis.length).toBeGreaterThan(8)
  })

  it.each(curls)('of %s works: %s', async (_, command) => {
    const { code, out } = await shell(command)
    expect(code, out).toBe(0)
  })

  it.each(clis)('of %s has only options that exist: %s', async (_, command) => {
    const words = wordsOf(command)
    const flags = words.filter((word) => word.startsWith('--'))
    const path = words.slice(
      0,
      Math.max(
        1,
        words.findIndex((w) => w.startsWith('--')),
      ),
    )
    const { code, out } = await cli([...(flags.length > 0 ? path : words), '--help'])
    expect(code).toBe(0)
    expect(out).toContain(`Usage: plumbline ${words[0]}`)
    for (const flag of flags) expect(out).toMatch(new RegExp(`${flag}[ ,\n]`))
  })

  it('of gating.md tells of a deploy and asks the gate', async () => {
    const [tell, ask] = clis.filter(([name]) => name === 'gating.md').map(([, command]) => wordsOf(command))
    expect(await cli(tell!)).toMatchObject({ code: 0 })
    const waited = ask!.map((word) => (word === '15m' ? '0s' : word))
    expect((await cli(waited)).code).toBe(2)
    const strict = curls.find(([, command]) => command.includes('strict=1'))!
    expect((await shell(strict[1])).out.trim()).toBe('202')
  })
})

describe('a document', () => {
  it('links to files that exist, and to headings that they have', () => {
    const dead = files.flatMap(({ name, text }) =>
      [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)]
        .filter(([, file, anchor]) => {
          const path = file ? `docs/${file}` : `docs/${name}`
          if (!existsSync(path)) return true
          const headings = [...readFileSync(path, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, h]) => slug(h ?? ''))
          return anchor !== undefined && !headings.includes(anchor)
        })
        .map(([link]) => `${name}: ${link}`),
    )
    expect(dead).toEqual([])
  })

  it('names only metrics, rules and settings that exist', () => {
    const walk = (folder: string): string =>
      readdirSync(folder, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.name.endsWith('.ts'))
        .map((entry) => readFileSync(`${entry.parentPath}/${entry.name}`, 'utf8'))
        .join('\n')
    const sources = walk('services') + walk('shared') + walk('test/support')
    const unknown = files.flatMap(({ name, text }) =>
      [...text.matchAll(/\b(?:plumbline_[a-z_]+|PLUMBLINE_[A-Z_]+)\b/g)]
        .map(([word]) => word)
        .filter((word) => !sources.includes(word) && !sources.includes(word.replace(/^plumbline_ingest_/, "('")))
        .filter((word) => !sources.includes(`'${word.replace(/^plumbline_ingest_/, '')}'`))
        .filter((word) => word !== 'PLUMBLINE_WEBHOOK_SECRET')
        .map((word) => `${name}: ${word}`),
    )
    expect(unknown).toEqual([])
  })
})

const slug = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-')
