import type { Clock } from '../../../shared/runtime/clock.ts'
import { failpoint } from '../../../shared/runtime/failpoint.ts'
import type { Files } from './files.ts'
import { encodeSeen, type Found, quarantine, RESEND_WINDOW_MS, type Segment } from './open.ts'
import type { LogRecord, RecordHead } from './record.ts'
import { SEGMENT_HEADER_BYTES, scanSegment, segmentHeader, segmentName } from './segment.ts'

/** The files of the log: which there are, which is written to, and which can go. */
export class Segments {
  active: Segment | null = null
  readonly #files: Files
  readonly #clock: Clock
  readonly #all: Segment[]
  readonly #seenFiles: { name: string; newestMs: number }[]
  #firstUnwritten: number
  #ordinal: number

  constructor(files: Files, clock: Clock, found: Found) {
    this.#files = files
    this.#clock = clock
    this.#all = found.segments
    this.#seenFiles = found.seenFiles
    this.#firstUnwritten = found.nextSequence
    this.#ordinal = found.segments.at(-1)?.ordinal ?? 0
  }

  /** Bytes of the segments that hold a record from `low` on. */
  bytesFrom(low: number): number {
    return this.#all.reduce((sum, s) => (s.last >= low ? sum + s.bytes : sum), 0)
  }

  oldestMs(low: number): number {
    return Math.min(...this.#all.filter((s) => s.last >= low).map((s) => s.oldestMs))
  }

  /** Begins a new segment; from now on it is the active one. */
  async begin(salt: number, nextBatch: bigint, sync: boolean): Promise<Segment> {
    const first = this.#firstUnwritten
    const ordinal = ++this.#ordinal
    const name = segmentName(ordinal, first, salt)
    this.active = null
    await this.#files.create(name, sync)
    await this.#files.write(Buffer.from(segmentHeader(first, salt, nextBatch)), 0)
    const fresh = { oldestMs: Number.POSITIVE_INFINITY, seen: [] }
    this.active = { name, ordinal, first, salt, bytes: SEGMENT_HEADER_BYTES, last: first - 1, ...fresh }
    this.#all.push(this.active)
    return this.active
  }

  /** Takes into account that `bytes` with these records are in the active segment. */
  grew(segment: Segment, bytes: number, heads: RecordHead[]): void {
    segment.bytes += bytes
    for (const head of heads) {
      if (head.type !== 'data') continue
      segment.last = head.sequence
      segment.oldestMs = Math.min(segment.oldestMs, head.receivedAtMs)
      if (!head.timeless) segment.seen.push({ hash: head.hash, receivedAtMs: head.receivedAtMs })
    }
    this.#firstUnwritten = Math.max(this.#firstUnwritten, segment.last + 1)
  }

  /** Leaves the active segment for good after an I/O error, and cuts what is not known to be on disk. */
  async leave(): Promise<void> {
    const left = this.active
    this.active = null
    if (left) await this.#files.truncate(left.name, left.bytes).catch(() => {})
  }

  /** Reads the durable bodies [from, to], in order; one segment is in memory at a time. */
  async *read(from: number, to: number): AsyncGenerator<LogRecord> {
    for (const segment of [...this.#all]) {
      if (segment.last < from || segment.first > to) continue
      const bytes = Buffer.from((await this.#files.read(segment.name)).subarray(0, segment.bytes))
      const scan = scanSegment(bytes, segment, true)
      for (const damage of scan.damage) await quarantine(this.#files, segment.name, bytes, damage)
      for (const r of scan.records) if (r.type === 'data' && r.sequence >= from && r.sequence <= to) yield r
    }
  }

  /** Deletes the segments that hold no record from `low` on; their hashes stay in a small file for 15 minutes. */
  async release(low: number): Promise<void> {
    const sinceMs = this.#clock.nowMs() - RESEND_WINDOW_MS
    for (const segment of this.#all.filter((s) => s.last < low && s !== this.active)) {
      const seen = encodeSeen(segment, sinceMs)
      const name = segment.name.replace('.log', '.seen')
      if (seen.length > 0) {
        await this.#files.put(name, seen)
        const newestMs = segment.seen.reduce((newest, s) => Math.max(newest, s.receivedAtMs), 0)
        this.#seenFiles.push({ name, newestMs })
      }
      failpoint('segment_delete')
      await this.#files.remove(segment.name)
      this.#all.splice(this.#all.indexOf(segment), 1)
    }
    for (const old of this.#seenFiles.filter((f) => f.newestMs < sinceMs)) {
      await this.#files.remove(old.name)
      this.#seenFiles.splice(this.#seenFiles.indexOf(old), 1)
    }
  }
}
