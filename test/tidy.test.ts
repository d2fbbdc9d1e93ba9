import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { settings } from '../shared/runtime/settings.ts'

type Source = { path: string; text: string; lines: string[] }

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return ['node_modules', 'dist', 'out'].includes(entry.name) ? [] : walk(path)
    return /\.(ts|tsx|mjs|css)$/.test(entry.name) ? [path] : []
  })
}

const read = (path: string): Source => {
  const text = readFileSync(path, 'utf8')
  return { path, text, lines: text.split('\n') }
}
const code = ['services', 'shared', 'scripts'].flatMap(walk).map(read)
const tests = walk('test').map(read)
const server = code.filter((s) => /^(services|shared)\//.test(s.path) && !s.path.startsWith('services/web/console/'))
/** Applications of the demo, which stand for a user's: they may do what applications do. */
const isDemoApp = (path: string) => path.startsWith('services/demo/shop/')
const imports = (s: Source) => [...s.text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((m) => m[1] ?? '')
const resolved = (s: Source) =>
  imports(s)
    .filter((i) => i.startsWith('.'))
    .map((i) => join(s.path, '..', i))
const serviceOf = (path: string) => /^services\/([^/]+)\//.exec(path)?.[1]
const bare = (line: string) => line.replace(/\/\/.*$|^\s*\*.*$|'(?:[^'\\]|\\.)*'/g, '')
const where = (sources: Source[], pattern: RegExp) =>
  sources.flatMap((s) =>
    s.lines.flatMap((line, i) => (pattern.test(bare(line)) ? [`${s.path}:${i + 1} ${line.trim()}`] : [])),
  )

/** Lengths of functions: from a line that opens one to the line that closes it at the same indent. */
function longFunctions(s: Source, limit: number): string[] {
  return s.lines.flatMap((line, i) => {
    const opens =
      /^(\s*)(?:export )?(?:default )?(?:async )?(?:function\b.*|(?:const|let) \w+[^=]*= (?:async )?(?:<.*>)?\(?.*=>) ?\{$/.exec(
        line,
      )
    if (!opens) return []
    const end = s.lines.findIndex((other, j) => j > i && other.startsWith(`${opens[1]}}`))
    return end - i + 1 > limit ? [`${s.path}:${i + 1} ${end - i + 1} lines`] : []
  })
}

describe('sources', () => {
  it('are at most 300 lines a file', () => {
    expect([...code, ...tests].filter((s) => s.lines.length > 301).map((s) => `${s.path} ${s.lines.length}`)).toEqual(
      [],
    )
  })

  it('have functions of at most 70 lines', () => {
    expect(code.flatMap((s) => longFunctions(s, 70))).toEqual([])
  })

  it('have no TODO without an issue number', () => {
    expect(where(code, /\b(TODO|FIXME|XXX)\b(?!.*#\d)/)).toEqual([])
  })
})

describe('layers', () => {
  it('shared imports no service', () => {
    expect(
      server
        .filter((s) => s.path.startsWith('shared/') && resolved(s).some((i) => i.startsWith('services/')))
        .map((s) => s.path),
    ).toEqual([])
  })

  it('services do not import services', () => {
    const bad = server.flatMap((s) => {
      const own = serviceOf(s.path)
      if (!own || own === 'cli') return []
      return resolved(s)
        .filter((i) => serviceOf(i) && serviceOf(i) !== own)
        .map((i) => `${s.path} → ${i}`)
    })
    expect(bad).toEqual([])
  })

  it('only targets.ts knows the targets', () => {
    const targets = ['ingest', 'detector', 'alerting', 'web']
    const bad = server.flatMap((s) => {
      if (s.path === 'services/targets.ts') return []
      return resolved(s)
        .filter((i) => targets.includes(serviceOf(i) ?? '') && serviceOf(i) !== serviceOf(s.path))
        .map((i) => `${s.path} → ${i}`)
    })
    expect(bad).toEqual([])
  })

  it("only shared/store imports the engine, only shared/state the state's databases", () => {
    const users = (pattern: RegExp) =>
      server.filter((s) => !isDemoApp(s.path) && imports(s).some((i) => pattern.test(i))).map((s) => s.path)
    expect(users(/^(@clickhouse\/client|chdb)/).filter((p) => !p.startsWith('shared/store/'))).toEqual([])
    expect(users(/^(libsql|pg)$/).filter((p) => !p.startsWith('shared/state/'))).toEqual([])
  })

  it("only shared/runtime, main.ts, the CLI and the demo's applications touch environment, clock, timers, randomness, console", () => {
    const free = (path: string) => path.startsWith('shared/runtime/') || path === 'services/main.ts' || isDemoApp(path)
    const inside = server.filter((s) => !free(s.path))
    expect(where(inside, /\b(Date\.now|new Date\(\)|Math\.random\(|setTimeout|setInterval|console\.)/)).toEqual([])
    const cli = (path: string) => path.startsWith('services/cli/') || path === 'services/demo/instance.ts'
    expect(
      where(
        inside.filter((s) => !cli(s.path)),
        /\bprocess\.env\b/,
      ),
    ).toEqual([])
  })

  it('pure folders hold no await and no node: import', () => {
    const pure = [
      'services/ingest/decode/',
      'services/detector/anomalies/',
      'services/detector/attribution/',
      'services/detector/decide/',
      'services/detector/judge/',
      'services/alerting/channels/',
      'shared/patterns/',
      'shared/security/redact',
      'shared/model/',
    ]
    const inside = server.filter((s) => pure.some((folder) => s.path.startsWith(folder)))
    expect(where(inside, /\bawait\b/)).toEqual([])
    expect(inside.filter((s) => imports(s).some((i) => i.startsWith('node:'))).map((s) => s.path)).toEqual([])
  })
})

describe('the engine', () => {
  it('gets DDL from migrations only', () => {
    expect(
      where(
        server.filter(
          (s) => s.path !== 'shared/store/migrate.ts' && s.path !== 'shared/state/migrate.ts' && !isDemoApp(s.path),
        ),
        /\b(CREATE|DROP) (TABLE|VIEW|INDEX|MATERIALIZED)\b|\bALTER TABLE\b(?!.*\bDELETE WHERE\b)/,
      ),
    ).toEqual([])
  })

  it('is never given clickhouse_settings on a call', () => {
    expect(
      where(
        server.filter((s) => s.path !== 'shared/store/server.ts'),
        /clickhouse_settings/,
      ),
    ).toEqual([])
  })

  it.each(['migrations', 'migrations/state'])('%s is numbered without a gap', (folder) => {
    const numbers = readdirSync(folder)
      .filter((f) => f.endsWith('.sql'))
      .sort()
      .map((f) => Number(f.slice(0, 4)))
    expect(numbers).toEqual(numbers.map((_, i) => i + 1))
  })
})

describe('documents', () => {
  it('README lists every setting with its default and description', () => {
    const readme = readFileSync('README.md', 'utf8')
    const rows = [...readme.matchAll(/^\| `(PLUMBLINE_\w+)` \| (.*?) \| (.*) \|$/gm)].map((m) => ({
      env: m[1],
      default: m[2],
      description: m[3],
    }))
    const expected = Object.values(settings).map((s) => ({
      env: s.env as string,
      default: s.default === '' ? '–' : `\`${s.default}\``,
      description: s.description,
    }))
    expect(rows).toEqual(expected)
  })

  it('links in the documents lead to files that exist', () => {
    const manual = readdirSync('docs').map((file) => `docs/${file}`)
    const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...manual]
    const dead = documents.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
        .filter((m) => !existsSync(join(dirname(file), m[1] ?? '')))
        .map((m) => `${file}: ${m[1]}`),
    )
    expect(dead).toEqual([])
  })

  it('every channel has its golden bodies', () => {
    const channels = readdirSync('services/alerting/channels')
      .filter((f) => f.endsWith('.ts'))
      .map((f) => f.slice(0, -3))
    const golden = readdirSync('test/golden/channels')
    expect(channels.filter((name) => !golden.some((file) => file.startsWith(name)))).toEqual([])
    expect(channels.length).toBeGreaterThan(0)
  })
})
