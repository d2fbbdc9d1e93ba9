import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export type Urls = { web: string; otlpHttp: string; otlpGrpc: string }
export type Instance = { urls: Urls; stop(): Promise<void> }

/** Starts `plumbline up` as its user would, in a process of its own, and waits for its `ready` line. */
export function startInstance(env: Record<string, string>): Promise<Instance> {
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', 'up'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`cannot start Plumbline: it ended with code ${code}`)))
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = parse(line)
      if (entry?.event === 'ready') resolve({ urls: entry as unknown as Urls, stop: () => stop(child) })
    })
  })
}

const parse = (line: string): Record<string, unknown> | undefined => {
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return undefined
  }
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve()
    child.removeAllListeners('exit').once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}
