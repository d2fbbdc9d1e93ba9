/** The built console for browser tests: several test files need it at once, and one build is enough. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from './wait.ts'

const root = join(import.meta.dirname, '../..')
const lock = join(root, 'dist/.console-building')
const stamp = join(root, 'dist/.console-built')
/** A build takes a few seconds; whoever holds the lock for longer was killed. */
const deadAfterMs = 120_000

function newestMs(path: string): number {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return readdirSync(path).reduce((newest, name) => Math.max(newest, newestMs(join(path, name))), stat.mtimeMs)
}

function isBuilt(): boolean {
  if (!existsSync(stamp) || !existsSync(join(root, 'dist/console/index.html'))) return false
  const builtMs = statSync(stamp).mtimeMs
  return ['services/web/console', 'package-lock.json'].every((path) => newestMs(join(root, path)) < builtMs)
}

function takeLock(): true | undefined {
  try {
    mkdirSync(lock)
    return true
  } catch {
    const heldMs = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (heldMs > deadAfterMs) rmSync(lock, { recursive: true, force: true })
    return undefined
  }
}

/** Builds dist/console where a source is newer than it, and waits for whoever builds it already. */
export async function ensureConsole(): Promise<void> {
  mkdirSync(join(root, 'dist'), { recursive: true })
  await until('lock for the build of the console', takeLock, 3000)
  try {
    if (isBuilt()) return
    const vite = join(root, 'node_modules/vite/bin/vite.js')
    const beganMs = Date.now()
    execFileSync(process.execPath, [vite, 'build', 'services/web/console', '--logLevel', 'warn'], { cwd: root })
    writeFileSync(stamp, `${new Date(beganMs).toISOString()}\n`)
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}
