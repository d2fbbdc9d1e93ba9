import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

export type Cluster = { url: string; stop(): void }

/** The folder of Debian's newest PostgreSQL programs, or null. */
function programs(): string | null {
  const root = '/usr/lib/postgresql'
  if (!existsSync(root)) return null
  const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a))
  return versions.map((v) => join(root, v, 'bin')).find((bin) => existsSync(join(bin, 'initdb'))) ?? null
}

/** Why there is no PostgreSQL here, or null where there is. */
export const postgresMissing = (): string | null =>
  process.env.PLUMBLINE_TEST_POSTGRES_URL || programs()
    ? null
    : 'there is no PostgreSQL here (install postgresql, or set PLUMBLINE_TEST_POSTGRES_URL)'

/**
 * A PostgreSQL of its own on a Unix socket in a temporary folder, run as `postgres` where this is root. Where
 * PLUMBLINE_TEST_POSTGRES_URL is set that database is used, and its public schema emptied.
 */
export function startPostgres(): Cluster {
  const given = process.env.PLUMBLINE_TEST_POSTGRES_URL
  if (given) return { url: given, stop: () => {} }
  const bin = programs() ?? ''
  const dir = mkdtempSync('/tmp/plumbline-pg-')
  const asRoot = process.getuid?.() === 0
  const run = (program: string, ...args: string[]) => {
    const [command, all] = asRoot
      ? ['runuser', ['-u', 'postgres', '--', join(bin, program), ...args]]
      : [join(bin, program), args]
    execFileSync(command as string, all as string[], { stdio: 'ignore', cwd: '/' })
  }
  if (asRoot) spawnSync('chown', ['postgres', dir])
  chmodSync(dir, 0o700)
  const data = join(dir, 'data')
  run('initdb', '-D', data, '-A', 'trust', '-U', 'plumbline', '-E', 'UTF8', '--no-sync')
  const options = `-c listen_addresses='' -c unix_socket_directories=${dir} -c shared_buffers=16MB -c max_connections=40`
  run('pg_ctl', '-D', data, '-w', '-o', options, '-l', join(dir, 'log'), 'start')
  return {
    url: `postgres://plumbline@localhost/postgres?host=${encodeURIComponent(dir)}`,
    stop: () => {
      run('pg_ctl', '-D', data, '-m', 'immediate', '-w', 'stop')
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
