import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { answerOf } from './wait.ts'

export type Child = {
  process: ChildProcess
  urls: { otlpHttp: string; otlpGrpc: string; web: string }
  /** From the start of the process until it said that it was ready, and what of it was opening engine and log. */
  readyMs: number
  openMs: number
  /** Lines of level warn and above. */
  complaints: Record<string, unknown>[]
  kill(): Promise<void>
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
}

const UP = ['--import', 'tsx', 'services/main.ts', 'up']
const INGEST = ['--import', 'tsx', 'test/support/ingest-process.ts']
/** What `npm start` runs, with all targets; `npm run build` makes it. */
export const BUILT = ['bin/plumbline.mjs', 'up']

/**
 * Plumbline in a process of its own, on the data folder `dir` and free ports; resolves when it says that it is ready. Only the
 * ingest target, unless PLUMBLINE_TEST_TARGETS is `all` or `command` says what node runs; `wrapper` is a program that runs node.
 */
export async function startChild(
  dir: string,
  env: Record<string, string> = {},
  command: readonly string[] = process.env.PLUMBLINE_TEST_TARGETS === 'all' ? UP : INGEST,
  wrapper: readonly string[] = [],
): Promise<Child> {
  const startedMs = performance.now()
  const [program = process.execPath, ...args] = [...wrapper, process.execPath, ...command]
  const child = spawn(program, args, {
    env: {
      ...process.env,
      PLUMBLINE_DATA_DIR: dir,
      PLUMBLINE_OTLP_HTTP_PORT: '0',
      PLUMBLINE_OTLP_GRPC_PORT: '0',
      PLUMBLINE_WEB_PORT: '0',
      PLUMBLINE_DETECT_EVERY_S: '3600',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  const complaints: Child['complaints'] = []
  const ready = new Promise<Child['urls'] & { startMs: number }>((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const entry = answerOf(line)
      if (entry.event === 'ready') resolve(entry as unknown as Child['urls'] & { startMs: number })
      if (['warn', 'error', 'fatal'].includes(String(entry.level))) complaints.push(entry)
    })
    void ended.then((code) => reject(new Error(`the child ended with ${code} before it was ready`)))
  })
  const { startMs: openMs, ...urls } = await ready
  return {
    process: child,
    urls,
    complaints,
    openMs,
    readyMs: performance.now() - startedMs,
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
    stop: () => {
      child.kill('SIGTERM')
      return ended
    },
  }
}

/** Rows of one query over the data folder of a process that has ended, read in a process of its own. */
export async function queryFolder<T>(dir: string, sql: string): Promise<T[]> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/support/query.ts', dir, sql], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`cannot query ${dir}: the reader ended with ${code}`)
  return JSON.parse(Buffer.concat(chunks).toString()) as T[]
}
