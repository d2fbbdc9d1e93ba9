import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { decodeAlone } from '../../../services/ingest/alone.ts'
import { type Files, systemFiles } from '../../../services/ingest/log/files.ts'
import { RESERVE_BYTES, Room } from '../../../services/ingest/log/room.ts'
import { ingestMetrics } from '../../../services/ingest/metrics.ts'
import { openPipeline, type Pipeline } from '../../../services/ingest/pipeline.ts'
import { systemClock } from '../../../shared/runtime/clock.ts'
import { silentLog } from '../../../shared/runtime/log.ts'
import { type Bed, openBed } from '../../support/embedded.ts'
import { encodeRequest, requestOf } from '../../support/otlp.ts'
import { until } from '../../support/wait.ts'

const GIB = 2 ** 30
const MIB = 2 ** 20

/** A disk of 10 GiB beside the real one: `others` fill it, and what the reserve took counts too. */
const disk = { totalBytes: 10 * GIB, others: 0 }
let bed: Bed
let folder: string
let room: Room
let pipeline: Pipeline
let engineIsDown = false

const freeBytes = () => disk.totalBytes - disk.others - (existsSync(join(folder, 'reserve')) ? RESERVE_BYTES : 0)

/** The real folder, whose writes find no space where the disk has none. */
function filesOn(): Files {
  const real = systemFiles(folder)
  const needing =
    <A extends unknown[]>(call: (...args: A) => Promise<void>) =>
    async (...args: A): Promise<void> => {
      if (freeBytes() <= 0) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
      await call(...args)
    }
  return {
    ...real,
    put: needing(real.put),
    create: needing(real.create),
    write: needing(real.write),
    space: async () => ({ freeBytes: freeBytes(), totalBytes: disk.totalBytes }),
  }
}

beforeAll(async () => {
  bed = await openBed()
  folder = join(bed.dir, 'log')
  mkdirSync(folder)
  const files = filesOn()
  room = new Room(files, silentLog())
  const { insertNative } = bed.store
  pipeline = await openPipeline({
    store: {
      ...bed.store,
      insertNative: (block) => (engineIsDown ? Promise.reject(new Error('the engine is down')) : insertNative(block)),
    },
    clock: systemClock,
    log: silentLog(),
    random: Math.random,
    metrics: ingestMetrics(new Registry()),
    files,
    room,
    durability: 'fsync',
    absorbResends: true,
    logBytes: 64 * MIB,
    limits: {},
    alone: async (request) => decodeAlone({}, request),
  })
})
afterAll(async () => {
  await pipeline.stop(5000)
  await bed.close()
})

const send = (id: string) =>
  pipeline.acceptor.accept('logs', 'protobuf', encodeRequest('logs', requestOf('logs', [id], Date.now())))
const stored = async () => {
  const rows = await bed.store.rows<{ id: string }>('SELECT Body AS id FROM otel_logs ORDER BY id')
  return rows.map(({ id }) => id)
}
const drained = () => until('an empty log', () => (pipeline.ingestLog.oldestMs === null ? true : undefined), 600)

it('holds a reserve while there is room, and takes bodies', async () => {
  disk.others = 8 * GIB
  await room.check()
  expect(existsSync(join(folder, 'reserve'))).toBe(true)
  await send('a1')
  await drained()
  expect(await stored()).toEqual(['a1'])
})

it('refuses bodies from 95 % on and gives the reserve back, and takes them again when there is room for both', async () => {
  disk.others = 9.6 * GIB
  await room.check()
  expect(existsSync(join(folder, 'reserve'))).toBe(false)
  await expect(send('b1')).rejects.toThrow('the disk is full')
  expect(await stored()).toEqual(['a1'])
  disk.others = 9.5 * GIB - RESERVE_BYTES / 2
  await room.check()
  await expect(send('b1')).rejects.toThrow('the disk is full')
  disk.others = 9.4 * GIB
  await room.check()
  await send('b1')
  await drained()
  expect(await stored()).toEqual(['a1', 'b1'])
})

/** disk:  room ─ body taken, engine down ─ the last byte gone, unseen ─ body refused ─ engine up: stored, log empty ─ room ─ body taken */
it('still seals, stores and checkpoints what it acknowledged when a write is the first to find no space', async () => {
  engineIsDown = true
  await send('c1')
  disk.others = disk.totalBytes - RESERVE_BYTES
  await expect(send('c2')).rejects.toThrow('the ingest log cannot be written')
  expect(existsSync(join(folder, 'reserve'))).toBe(false)
  await expect(send('c2')).rejects.toThrow('the disk is full')
  engineIsDown = false
  await drained()
  expect(await stored()).toEqual(['a1', 'b1', 'c1'])
  disk.others = 8 * GIB
  await room.check()
  await until('a log that takes bodies again', () => (pipeline.ingestLog.refusal() === null ? true : undefined))
  await send('c2')
  await drained()
  expect(await stored()).toEqual(['a1', 'b1', 'c1', 'c2'])
})

it('lets a large disk fill up to the last GiB', async () => {
  disk.totalBytes = 1000 * GIB
  disk.others = 980 * GIB
  await room.check()
  expect(room.isFull).toBe(false)
  disk.others = 999.5 * GIB
  await room.check()
  expect(room.isFull).toBe(true)
  disk.others = 900 * GIB
  await room.check()
  expect(room.isFull).toBe(false)
})
