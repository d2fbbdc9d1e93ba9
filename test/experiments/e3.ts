import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startChild } from '../support/child.ts'
import { ClientLedger } from '../support/ledger.ts'
import { inFolder, numberArgs, sleep, verdict } from './kills.ts'
import type { Experiment } from './main.ts'

type Event = { kind: 'write' | 'sync' | 'answer'; at: number; end: number }

/** Calls of strace -f -ttt -T that matter, by when they began and ended; a call that was cut in two is joined. */
function parse(trace: string): Event[] {
  const events: Event[] = []
  const open = new Map<string, { kind: Event['kind']; at: number }>()
  for (const line of trace.split('\n')) {
    const match = /^(\d+) +(\d+\.\d+) (.*)$/.exec(line)
    if (!match) continue
    const [, thread, time, call] = match as unknown as [string, string, string, string]
    const at = Number(time)
    const resumed = /^<\.\.\. \w+ resumed>/.test(call)
    const kind = kindOf(call)
    if (resumed) {
      const begun = open.get(thread)
      open.delete(thread)
      if (begun) events.push({ ...begun, end: at })
    } else if (kind && call.includes('<unfinished')) open.set(thread, { kind, at })
    else if (kind) events.push({ kind, at, end: at + Number(/<([\d.]+)>$/.exec(call)?.[1] ?? 0) })
  }
  return events.sort((a, b) => a.at - b.at)
}

function kindOf(call: string): Event['kind'] | null {
  if (/^fdatasync\(\d+<[^>]*\/log\/[^>]*>/.test(call)) return 'sync'
  if (/^pwrite64\(\d+<[^>]*\/log\/[^>]*\.log>, "PLR1/.test(call)) return 'write'
  return /^writev?\(\d+<[^>]*(TCP|socket)[^>]*>.*HTTP\/1\.1 200/.test(call) ? 'answer' : null
}

/** Counts answers before which a record was written and synced since the answer before. One request is under way at a time. */
function inOrder(events: Event[]): { answers: number; ordered: number } {
  let written = Number.POSITIVE_INFINITY
  let synced = Number.POSITIVE_INFINITY
  const count = { answers: 0, ordered: 0 }
  for (const e of events) {
    if (e.kind === 'write') {
      written = e.end
      synced = Number.POSITIVE_INFINITY
    } else if (e.kind === 'sync') {
      if (e.at >= written) synced = e.end
    } else {
      count.answers += 1
      if (synced <= e.at) count.ordered += 1
      written = Number.POSITIVE_INFINITY
      synced = Number.POSITIVE_INFINITY
    }
  }
  return count
}

/** E3: by strace, for each of 1,000 requests: the record is written, then synced, then answered. */
const run: Experiment = async (args) => {
  const { requests } = numberArgs(args, { requests: 1000 })
  if (!existsSync('/usr/bin/strace')) return verdict('E3', true, { skipped: 'strace is not installed' })
  await inFolder('e3', async (dir) => {
    const child = await startChild(dir)
    const file = join(dir, 'trace.txt')
    const calls = 'trace=pwrite64,fdatasync,write,writev'
    const options = ['-f', '-ttt', '-T', '-yy', '-s', '64', '-e', calls, '-o', file, '-p', String(child.process.pid)]
    const strace = spawn('strace', options, { stdio: ['ignore', 'ignore', 'pipe'] })
    await new Promise((resolve) => strace.stderr.once('data', resolve))
    await sleep(500)
    const ledger = new ClientLedger()
    for (let i = 0; i < requests; i++) await ledger.send(child.urls.otlpHttp, 3, 'e3')
    strace.kill('SIGINT')
    await new Promise((resolve) => strace.once('exit', resolve))
    await child.stop()
    const { answers, ordered } = inOrder(parse(readFileSync(file, 'latin1')))
    verdict('E3', answers === requests && ordered === requests, { requests, answers, ordered })
  })
}

export default run
