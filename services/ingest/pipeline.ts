import type { Clock } from '../../shared/runtime/clock.ts'
import type { Log } from '../../shared/runtime/log.ts'
import type { Store } from '../../shared/store/store.ts'
import { Acceptor, SPILL_BYTES } from './accept.ts'
import { ALONE_BYTES, type DecodeAlone } from './alone.ts'
import type { Encoding } from './decode/index.ts'
import type { Limits } from './decode/limits.ts'
import { Flusher } from './flush.ts'
import { Replay } from './flush-replay.ts'
import { Live } from './live.ts'
import type { Files } from './log/files.ts'
import { IngestLog } from './log/log.ts'
import type { Room } from './log/room.ts'
import type { IngestMetrics } from './metrics.ts'

const MIB = 1024 * 1024
const SEGMENT_BYTES = 32 * MIB

export type PipelineOptions = {
  store: Store
  clock: Clock
  log: Log
  random: () => number
  metrics: IngestMetrics
  files: Files
  room: Pick<Room, 'isFull' | 'release'>
  durability: 'fsync' | 'os'
  /** Whether a body equal to one of the last 15 minutes is a re-send, and not stored again. */
  absorbResends: boolean
  logBytes: number
  limits: Partial<Limits>
  alone: DecodeAlone
  spillBytes?: number
  aloneBytes?: Record<Encoding, number>
}

export type Pipeline = {
  ingestLog: IngestLog
  acceptor: Acceptor
  flusher: Flusher
  replay: Replay
  /** Seals and inserts what is left, for at most `graceMs`; the rest waits in the log for the next start. */
  stop(graceMs: number): Promise<void>
}

/** Body → rows → log → tables, without any transport. What an earlier process left in the log is read in the background. */
export async function openPipeline(o: PipelineOptions): Promise<Pipeline> {
  const ingestLog = await IngestLog.open({
    ...o,
    sync: o.durability === 'fsync',
    segmentBytes: Math.min(SEGMENT_BYTES, Math.ceil(o.logBytes / 8)),
    capBytes: o.logBytes,
  })
  const live = new Live(o.limits)
  const lowestOpen = () => Math.min(live.from, replay.from, ingestLog.nextSequence)
  const flusher = new Flusher({ ...o, ingestLog, live, lowestOpen })
  const replay: Replay = new Replay({ ...o, ingestLog, flusher, onCaughtUp: () => acceptor.caughtUp() })
  const acceptor = new Acceptor({
    spillBytes: SPILL_BYTES,
    aloneBytes: ALONE_BYTES,
    ...o,
    ingestLog,
    live,
    flusher,
    replay,
  })
  report(o, ingestLog)
  const { low } = ingestLog.ledger
  if (ingestLog.nextSequence > Math.max(low, 1))
    replay.add({ from: Math.max(low, 1), to: ingestLog.nextSequence - 1, isLeft: true })
  flusher.start()
  return {
    ingestLog,
    acceptor,
    flusher,
    replay,
    stop: async (graceMs) => {
      const deadlineMs = o.clock.nowMs() + graceMs
      await replay.stop(deadlineMs)
      await flusher.stop(deadlineMs)
      await ingestLog.close()
    },
  }
}

/** Says what the last process left behind. */
function report({ log, metrics }: PipelineOptions, ingestLog: IngestLog): void {
  const { quarantined, tornBytes } = ingestLog.found
  if (tornBytes > 0)
    log.info({ event: 'log_tail_cut', bytes: tornBytes }, 'a write that a crash tore was cut off the log')
  if (quarantined === 0) return
  metrics.damaged.inc(quarantined)
  log.error({ event: 'log_damaged', parts: quarantined }, 'parts of the ingest log are damaged and were set aside')
}
