import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command, Role, Said } from './worker.ts'

/** The longest answer is that of an insert of all blocks: some ten seconds on an idle machine. */
const ANSWER_MS = 300_000

export type Usage = { user: number; system: number; rssBytes: number }
export type Side = {
  url: string
  ask<T>(command: Command): Promise<T>
  /** Resident memory, read from outside: it may be asked for at any time. */
  rssMib(): number
  stop(): Promise<void>
}

/** Starts one side of the comparison as a child process. */
export async function startSide(role: Role, env: Record<string, string> = {}): Promise<Side> {
  const dir = mkdtempSync(join(tmpdir(), 'plumbline-bench-'))
  const child: ChildProcess = spawn(
    process.execPath,
    [
      ...(process.env.PLUMBLINE_TEST_NODE_ARGS ?? '').split(' ').filter(Boolean),
      '--import',
      'tsx',
      'test/bench/ingest/worker.ts',
      role,
    ],
    {
      env: {
        ...process.env,
        PLUMBLINE_DATA_DIR: dir,
        PLUMBLINE_OTLP_HTTP_PORT: '0',
        PLUMBLINE_OTLP_GRPC_PORT: '0',
        PLUMBLINE_WEB_PORT: '0',
        ...env,
      },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  )
  const exited = once(child, 'exit')
  const answer = async <T>(what: string): Promise<T> => {
    const message = once(child, 'message').then(([said]) => said as Said)
    const ended = exited.then((): Said => ({ error: 'it has ended' }))
    const said = await within(Promise.race([message, ended]), `the side "${role}" has not answered ${what}`)
    if ('error' in said) throw new Error(`the side "${role}" cannot do ${what}: ${said.error}`)
    return said.answer as T
  }
  const ask = <T>(command: Command): Promise<T> => {
    child.send(command)
    return answer(JSON.stringify(command).slice(0, 120))
  }
  const stop = async () => {
    child.send({ cmd: 'stop' } satisfies Command)
    const ended = within(exited, `the side "${role}" has not stopped`)
    await ended.finally(() => child.kill('SIGKILL'))
    rmSync(dir, { recursive: true, force: true })
  }
  try {
    const url = await answer<string>('that it is ready')
    const status = `/proc/${child.pid}/status`
    return { url, ask, stop, rssMib: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1]) / 1024 }
  } catch (error) {
    child.kill('SIGKILL')
    rmSync(dir, { recursive: true, force: true })
    throw error
  }
}

/** @throws Error that says `what` and after how long, where the promise has not settled by then */
async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} within ${ANSWER_MS / 1000} s`)), ANSWER_MS)
  })
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

export const cpuSeconds = (after: Usage, before: Usage): number =>
  (after.user + after.system - before.user - before.system) / 1e6

const agent = new Agent({ keepAlive: true, maxSockets: 64 })

/** @returns status and milliseconds until the answer was read */
export function post(url: string, body: Buffer): Promise<{ status: number; ms: number; retryAfter: number | null }> {
  const startedMs = performance.now()
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length }
    const request = httpRequest(url, { method: 'POST', agent, headers }, (response) => {
      response.resume()
      response.on('end', () => {
        const retry = response.headers['retry-after']
        const retryAfter = retry === undefined ? null : Number(retry)
        resolve({ status: response.statusCode ?? 0, ms: performance.now() - startedMs, retryAfter })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

export function quantile(values: number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}
