import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Command, Role } from './worker.ts'

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
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  const next = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`the side "${role}" has ended`)
    return (JSON.parse(value as string) as { answer: unknown }).answer
  }
  const url = (await next()) as string
  return {
    url,
    ask: async <T>(command: Command) => {
      child.stdin!.write(`${JSON.stringify(command)}\n`)
      return (await next()) as T
    },
    rssMib: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    stop: async () => {
      child.stdin!.write('{"cmd":"stop"}\n')
      await new Promise((resolve) => child.once('exit', resolve))
      rmSync(dir, { recursive: true, force: true })
    },
  }
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
