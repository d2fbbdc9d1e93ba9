import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, it } from 'vitest'
import { type Files, systemFiles } from '../../../services/ingest/log/files.ts'
import { IngestLog } from '../../../services/ingest/log/log.ts'
import { recordHash } from '../../../services/ingest/log/record.ts'
import { readyBytesOf } from '../../../services/ingest/log/segments.ts'
import { systemClock } from '../../../shared/runtime/clock.ts'
import { silentLog } from '../../../shared/runtime/log.ts'
import { until } from '../../support/wait.ts'

const SEGMENT_BYTES = 64 * 1024
const READY_BYTES = readyBytesOf(SEGMENT_BYTES)
const root = mkdtempSync(join(tmpdir(), 'plumbline-ready-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let folder: string
const room = { isFull: false, release: async () => {} }
beforeEach(() => {
  folder = mkdtempSync(join(root, 'log-'))
  room.isFull = false
})

const openLog = (sync = true, files: Files = systemFiles(folder)): Promise<IngestLog> =>
  IngestLog.open({
    files,
    clock: systemClock,
    log: silentLog(),
    random: Math.random,
    sync,
    segmentBytes: SEGMENT_BYTES,
    capBytes: 2 ** 30,
    room,
  })

const bodyOf = (n: number) => Buffer.alloc(5000 + (n % 700), n % 251)
let sent = 0
async function send(log: IngestLog, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    sent = log.nextSequence
    const hash = recordHash('data', 'logs', 'protobuf', bodyOf(sent))
    const head = { signal: 'logs', encoding: 'protobuf', hash, receivedAtMs: systemClock.nowMs() } as const
    await log.append(head, bodyOf(sent)).durable
  }
}

async function release(log: IngestLog): Promise<void> {
  await log.checkpoint([], log.nextSequence)
  await log.release(log.nextSequence)
}

/** Whether the log holds the bodies [from, sent] as they were sent, and no others. */
async function expectBodies(log: IngestLog, from: number): Promise<void> {
  const read: number[] = []
  for await (const { sequence, payload } of log.read(from, Number.MAX_SAFE_INTEGER)) {
    expect(bodyOf(sequence).equals(payload)).toBe(true)
    read.push(sequence)
  }
  expect(read).toEqual(Array.from({ length: sent - from + 1 }, (_, i) => from + i))
}

const segments = () => readdirSync(folder).filter((name) => name.endsWith('.log'))
/** Waits for a file behind the one that is written to. */
const ready = (log: IngestLog) =>
  until('a file that is ready', async () => {
    const last = segments().sort().at(-1)!
    const bytes = readFileSync(join(folder, last))
    const isNew = bytes.length === READY_BYTES && bytes.toString('latin1', 0, 8) !== 'PLUMLOG2'
    const isReused = bytes.length === READY_BYTES && bytes.readUInt32LE(24) !== Number.parseInt(last.slice(28, 36), 16)
    return log.refusal() === null && (isNew || isReused) ? last : undefined
  })

it('writes into a file of zeros that was made ready, and later into the files of segments that nobody needs', async () => {
  const log = await openLog()
  await send(log, 5)
  const zeros = await ready(log)
  expect(readFileSync(join(folder, zeros)).every((byte) => byte === 0)).toBe(true)
  const { ino } = statSync(join(folder, zeros))
  await send(log, 10)
  const used = readFileSync(join(folder, zeros))
  expect([used.length, used.toString('latin1', 0, 8)]).toEqual([READY_BYTES, 'PLUMLOG2'])
  await send(log, 20)
  const from = log.nextSequence
  await release(log)
  const reused = await until('the file under another name', () =>
    segments().find((name) => inode(name) === ino && name !== zeros),
  )
  await send(log, 60)
  expect(readFileSync(join(folder, reused)).readUInt32LE(40)).toBe(Number.parseInt(reused.slice(28, 36), 16))
  await expectBodies(log, from)
  await log.close()
  const again = await openLog()
  expect(again.found).toMatchObject({ quarantined: 0, tornBytes: 0 })
  await expectBodies(again, from)
  await send(again, 20)
  await expectBodies(again, from)
  await again.close()
})
const inode = (name: string) => statSync(join(folder, name)).ino

it('holds at most three files that are ready, whatever is released', async () => {
  const log = await openLog()
  await send(log, 200)
  await release(log)
  const waiting = () => segments().filter((name) => !isBegun(name) && statSync(join(folder, name)).size === READY_BYTES)
  await until('three files', () => (waiting().length === 3 ? true : undefined))
  await release(log)
  await log.close()
  expect([waiting().length, segments().length]).toEqual([3, 4])
})

/** log: bodies ── killed in a file that held other bodies, its write torn ── start ── bodies ── start */
it('reads what was acknowledged from a file that held other bodies, after a kill', async () => {
  const log = await openLog()
  await send(log, 60)
  const from = log.nextSequence
  await release(log)
  await ready(log)
  await send(log, 15)
  await log.settled()
  const last = segments()
    .sort()
    .filter((name) => isBegun(name))
    .at(-1)!
  const copies = segments().map((name) => [name, readFileSync(join(folder, name))] as const)
  await log.close()
  for (const name of segments()) rmSync(join(folder, name))
  for (const [name, bytes] of copies) writeFileSync(join(folder, name), bytes)
  expect(statSync(join(folder, last)).size).toBe(READY_BYTES)
  for (let starts = 0; starts < 3; starts++) {
    const again = await openLog()
    expect(again.found.quarantined).toBe(0)
    await expectBodies(again, from)
    await send(again, 7)
    await again.close()
  }
})
const isBegun = (name: string) =>
  readFileSync(join(folder, name)).readUInt32LE(40) === Number.parseInt(name.slice(28, 36), 16)

it('makes nothing ready where the disk has little room, nothing is synced, or the disk is full', async () => {
  const prepared: string[] = []
  const watched = (freeBytes: number): Files => {
    const real = systemFiles(folder)
    return {
      ...real,
      prepare: async (name, from, bytes) => {
        prepared.push(name)
        await real.prepare(name, from, bytes)
      },
      space: async () => ({ freeBytes, totalBytes: 2 ** 40 }),
    }
  }
  const story = async (sync: boolean, freeBytes: number) => {
    const log = await openLog(sync, watched(freeBytes))
    await send(log, 40)
    await release(log)
    await log.close()
  }
  await story(true, 2 ** 31)
  await story(false, 2 ** 39)
  room.isFull = true
  const log = await openLog(true, watched(2 ** 31))
  room.isFull = false
  await send(log, 40)
  room.isFull = true
  await log.checkpoint([], log.nextSequence)
  await log.release(log.nextSequence)
  await log.close()
  expect(prepared).toEqual([])
  room.isFull = false
  await story(true, 2 ** 39)
  expect(prepared.length).toBeGreaterThan(0)
})

it('goes on when a file cannot be made ready, and ends making one when it is closed', async () => {
  const real = systemFiles(folder)
  const failing: Files = { ...real, prepare: () => Promise.reject(new Error('EIO')) }
  const log = await openLog(true, failing)
  await send(log, 40)
  await release(log)
  await send(log, 20)
  await log.close()
  const files = systemFiles(folder)
  const name = '0000000099-0000000000000001-00000001.log'
  const making = files.prepare(name, null, 2 ** 40).catch((error: Error) => error.message)
  await until('a file', () => (readdirSync(folder).includes(name) ? true : undefined))
  await files.close()
  expect(await making).toBe('cannot make a file ready: the log is closed')
  expect(readdirSync(folder)).not.toContain(name)
  const again = await openLog()
  await expectBodies(again, sent - 19)
  await again.close()
})
