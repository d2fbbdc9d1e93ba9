import { spawn } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { until } from './wait.ts'

export type Alertmanager = {
  url: string
  /** As a restart of its container: killed, and begun again on the same port and folder. */
  restart(): Promise<void>
  stop(): Promise<void>
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Debian's program, or the one that PLUMBLINE_TEST_ALERTMANAGER names; null where there is none. */
export function findAlertmanager(): string | null {
  const named = process.env.PLUMBLINE_TEST_ALERTMANAGER
  if (named) return executable(named) ? named : null
  const folders = (process.env.PATH ?? '').split(delimiter)
  const places = folders.flatMap((folder) =>
    ['prometheus-alertmanager', 'alertmanager'].map((name) => join(folder, name)),
  )
  return places.find(executable) ?? null
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

/** A real Alertmanager on loopback that notifies nobody. */
export async function startAlertmanager(program: string): Promise<Alertmanager> {
  const dir = mkdtempSync(join(tmpdir(), 'plumbline-am-'))
  const config = join(dir, 'config.yml')
  writeFileSync(config, 'route: {receiver: none}\nreceivers: [{name: none}]\n')
  const port = await freePort()
  const args = [
    `--config.file=${config}`,
    `--storage.path=${dir}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ]
  const url = `http://127.0.0.1:${port}`
  const start = async () => {
    const child = spawn(program, args, { stdio: 'ignore' })
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    await until('ready Alertmanager', () =>
      fetch(`${url}/-/ready`).then(
        (r) => (r.ok ? true : undefined),
        () => undefined,
      ),
    )
    return async (signal: 'SIGTERM' | 'SIGKILL') => {
      child.kill(signal)
      await ended
    }
  }
  let end = await start()
  return {
    url,
    restart: async () => {
      await end('SIGKILL')
      end = await start()
    },
    stop: async () => {
      await end('SIGTERM')
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
