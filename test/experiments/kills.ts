import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startChild } from '../support/child.ts'
import type { ClientLedger } from '../support/ledger.ts'

/** A folder for one experiment, gone when it ends. */
export async function inFolder<T>(name: string, run: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), `plumbline-${name}-`))
  try {
    return await run(dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

export const say = (line: string) => process.stderr.write(`${line}\n`)
export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** The one line that an experiment prints, and the exit code that goes with it. */
export function verdict(name: string, passed: boolean, figures: Record<string, unknown>): void {
  process.stdout.write(`${name} ${passed ? 'pass' : 'FAIL'}: ${JSON.stringify(figures)}\n`)
  if (!passed) process.exitCode = 1
}

/** What was asked for cannot be run; the message says what can. */
export class UsageError extends Error {
  override name = 'UsageError'
  readonly usage: string
  constructor(cause: string, usage: string) {
    super(`${cause}; ${usage}`)
    this.usage = usage
  }
}

/**
 * Reads `--name number` for each of `defaults`.
 * @throws UsageError that lists the options with their defaults: for an unknown one, for what is no number, and for `--help`
 */
export function numberArgs<K extends string>(args: string[], defaults: Record<K, number>): Record<K, number> {
  const names = Object.keys(defaults) as K[]
  const usage = `options: ${names.map((name) => `--${name} ${defaults[name]}`).join(' ') || 'none'}`
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]))
  const { values } = parsed(() => parseArgs({ args, options }), usage)
  return Object.fromEntries(
    names.map((name) => {
      const text = values[name]
      if (text !== undefined && (text.trim() === '' || !Number.isFinite(Number(text))))
        throw new UsageError(`cannot use --${name} "${text}": it is no number`, usage)
      return [name, text === undefined ? defaults[name] : Number(text)]
    }),
  ) as Record<K, number>
}

function parsed<T>(parse: () => T, usage: string): T {
  try {
    return parse()
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0] ?? '', usage)
  }
}

/** `senders` that send without a pause until the server does not answer or `stopped` says so. */
export async function load(
  ledger: ClientLedger,
  url: string,
  o: { senders: number; items: number; run: string; stopped: () => boolean; pauseMs?: number },
): Promise<void> {
  const sender = async () => {
    while (!o.stopped()) {
      const status = await ledger.send(url, o.items, o.run)
      if (status === 0) return
      if (status !== 200) await sleep(100)
      else if (o.pauseMs) await sleep(o.pauseMs)
    }
  }
  await Promise.all(Array.from({ length: o.senders }, sender))
}

/** Starts once more, re-sends what was not answered, stops cleanly, and compares the tables with the client's ledger. */
export async function settle(dir: string, ledger: ClientLedger, env: Record<string, string> = {}) {
  const last = await startChild(dir, env)
  for (let i = 0; ledger.waiting > 0 && i < 10_000; i++) {
    if ((await ledger.send(last.urls.otlpHttp, 1, 'end')) !== 200) await sleep(50)
  }
  await last.stop()
  for (let i = 0; i < 3; i++) await (await startChild(dir)).stop()
  return { acked: ledger.ackedItems, ...(await ledger.compare(dir)) }
}
