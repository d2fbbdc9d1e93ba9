/**
 * Builds dist/: the server by tsc, the console by Vite. `--if-stale` does nothing when no source is newer than the last
 * build, or when there are no sources (an installed package). Used by `npm ci` (prepare) and by bin/plumbline.mjs.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const stamp = join(root, 'dist/.built')
const sources = ['services', 'shared', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json']

function newestMs(path) {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return readdirSync(path).reduce((newest, name) => Math.max(newest, newestMs(join(path, name))), stat.mtimeMs)
}

/** True when dist/ is missing or older than a source. */
export function isStale() {
  if (!existsSync(join(root, 'services/main.ts'))) return false
  if (!existsSync(stamp)) return true
  const builtMs = statSync(stamp).mtimeMs
  return sources.some((path) => existsSync(join(root, path)) && newestMs(join(root, path)) > builtMs)
}

function run(tool, args) {
  const script = join(root, 'node_modules', tool)
  if (!existsSync(script)) throw new Error(`cannot build: ${tool} is not installed. Run npm ci`)
  // Standard output belongs to the command that is waiting for the build.
  const result = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: ['ignore', 2, 2] })
  if (result.status !== 0) throw new Error(`cannot build: ${tool} ${args.join(' ')} failed`)
}

export function build() {
  const startedMs = performance.now()
  const began = new Date()
  for (const part of ['services', 'shared']) rmSync(join(root, 'dist', part), { recursive: true, force: true })
  run('typescript/bin/tsc', ['-p', 'tsconfig.build.json'])
  run('vite/bin/vite.js', ['build', 'services/web/console', '--logLevel', 'warn'])
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, `${began.toISOString()}\n`)
  process.stderr.write(`built dist/ in ${((performance.now() - startedMs) / 1000).toFixed(1)} s\n`)
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (!process.argv.includes('--if-stale') || isStale()) build()
}
