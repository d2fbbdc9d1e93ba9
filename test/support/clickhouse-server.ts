import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createClient } from '@clickhouse/client'
import { answerOf } from './wait.ts'

/** A ClickHouse server for a test, with a database of its own. */
export type TestServer = {
  /** As PLUMBLINE_CLICKHOUSE_URL takes it, with user, password and database. */
  url: string
  /** kill -9 and a new start at the same address; null where the server is not ours to kill. */
  restart: null | (() => Promise<void>)
  kill: null | (() => Promise<void>)
  close(): Promise<void>
}

const USER = 'plumbline'
const PASSWORD = 'p:ss w/rd'

/** A true server where PLUMBLINE_TEST_CLICKHOUSE_URL names one, else the front of test/support in a process of its own. */
export const openTestServer = (): Promise<TestServer> =>
  process.env.PLUMBLINE_TEST_CLICKHOUSE_URL ? openTrue(process.env.PLUMBLINE_TEST_CLICKHOUSE_URL) : openFront()

async function openTrue(given: string): Promise<TestServer> {
  const database = `plumbline_test_${crypto.randomUUID().slice(0, 8)}`
  const admin = createClient({ url: given })
  const url = new URL(given)
  url.pathname = `/${database}`
  return {
    url: url.href,
    restart: null,
    kill: null,
    close: async () => {
      await admin.command({ query: `DROP DATABASE IF EXISTS ${database}` })
      await admin.close()
    },
  }
}

type Front = { port: number; kill(): Promise<void>; stop(): Promise<void> }

async function startFront(dir: string, port: number): Promise<Front> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/support/clickhouse-front.ts', dir, String(port)], {
    env: { ...process.env, FRONT_USER: USER, FRONT_PASSWORD: PASSWORD, UV_THREADPOOL_SIZE: '16' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const end = (signal: NodeJS.Signals) => () => {
    child.kill(signal)
    return ended
  }
  return await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const ready = answerOf(line)
      if (ready.event === 'ready') resolve({ port: Number(ready.port), kill: end('SIGKILL'), stop: end('SIGTERM') })
    })
    void ended.then(() => reject(new Error('the front of ClickHouse ended before it was ready')))
  })
}

async function openFront(): Promise<TestServer> {
  const dir = mkdtempSync(join(tmpdir(), 'plumbline-clickhouse-'))
  let front = await startFront(dir, 0)
  const { port } = front
  const kill = () => front.kill()
  return {
    url: `http://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/plumbline`,
    kill,
    restart: async () => {
      await kill()
      front = await startFront(dir, port)
    },
    close: async () => {
      await front.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
