import { readFile } from 'node:fs/promises'
import { allTargets, up } from '../../../services/up.ts'
import { loadConfig } from '../../../shared/runtime/config.ts'
import { silentLog } from '../../../shared/runtime/log.ts'
import type { NativeBlock, Store } from '../../../shared/store/store.ts'
import { openBed } from '../../support/embedded.ts'
import { BUFFERED_ROWS, startUsual } from './usual.ts'

/**
 * One side of the comparison in a process of its own. Answers each command by one message of Node's channel between processes: of lines on its
 * standard output one in some thousands did not arrive while the embedded engine was at work.
 */
export type Role = 'ours' | 'usual' | 'buffered' | 'engine'
export type Command =
  | { cmd: 'usage' }
  | { cmd: 'count'; tables: string[] }
  | { cmd: 'insert'; blocks: (Omit<NativeBlock, 'bytes'> & { file: string })[] }
  | { cmd: 'flush' }
  | { cmd: 'query' | 'exec'; sql: string }
  | { cmd: 'stop' }
export type Said = { answer: unknown } | { error: string }

type Side = { url: string; store: Store; flush(): Promise<void>; stop(): Promise<void> }

async function start(role: Role): Promise<Side> {
  if (role === 'ours') {
    const running = await up(loadConfig(), allTargets, { log: silentLog() })
    const url = running.urls.otlpHttp ?? ''
    return { url, store: running.context.store, flush: async () => {}, stop: () => running.stop() }
  }
  const bed = await openBed()
  const none = { url: '', flush: async () => {} }
  const usual = role === 'engine' ? none : await startUsual(bed.store, role === 'usual' ? 1 : BUFFERED_ROWS)
  return { ...usual, store: bed.store, stop: () => bed.close() }
}

async function answer(side: Side, command: Command): Promise<unknown> {
  if (command.cmd === 'usage') return { ...process.cpuUsage(), rssBytes: process.memoryUsage.rss() }
  if (command.cmd === 'flush') return await side.flush()
  if (command.cmd === 'query') return await side.store.rows(command.sql)
  if (command.cmd === 'exec') return await side.store.exec(command.sql)
  if (command.cmd === 'count') {
    const parts = command.tables.map((table) => `SELECT count() AS n FROM ${table}`)
    const rows = await side.store.rows<{ n: string }>(parts.join(' UNION ALL '))
    return rows.reduce((sum, row) => sum + Number(row.n), 0)
  }
  if (command.cmd === 'insert') {
    for (const { file, ...block } of command.blocks) {
      await side.store.insertNative({ ...block, bytes: await readFile(file) })
    }
  }
  return null
}

const side = await start(process.argv[2] as Role)

async function handle(command: Command): Promise<void> {
  if (command.cmd === 'stop') {
    await side.stop()
    process.exit(0)
  }
  try {
    process.send?.({ answer: (await answer(side, command)) ?? null } satisfies Said)
  } catch (error) {
    process.send?.({ error: (error as Error).message } satisfies Said)
  }
}
let tail = Promise.resolve()
process.on('message', (command: Command) => {
  tail = tail.then(() => handle(command))
})
process.on('disconnect', () => process.exit(1))
process.send?.({ answer: side.url } satisfies Said)
