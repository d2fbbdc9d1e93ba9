import type { Clock } from '../../../shared/runtime/clock.ts'
import { failpoint } from '../../../shared/runtime/failpoint.ts'
import type { Files } from './files.ts'
import { encodeSeen, type Found, quarantine, RESEND_WINDOW_MS, type Segment } from './open.ts'
import { Ready } from './ready.ts'
import type { LogRecord, RecordHead } from './record.ts'
import { SEGMENT_HEADER_BYTES, type SegmentName, scanSegment, segmentHeader, segmentName } from './segment.ts'

export type SegmentsOptions = { files: Files; clock: Clock; random: () => number; sync: boolean; segmentBytes: number }

/** A segment may end up longer than it has to be by the last bodies in it. */
export const readyBytesOf = (segmentBytes: number): number => segmentBytes + Math.ceil(segmentBytes / 32)

/** The files of the log: which there are, which is written to, and which can go. */
export class Segments {
  active: Segment | null = null
  /** Whether the segment written last was left without an end that is durable, and none begun since. */
  isLeft = false
  readonly #o: SegmentsOptions
  readonly #ready: Ready
  readonly #all: Segment[]
  readonly #seenFiles: { name: string; newestMs: number }[]
  #firstUnwritten: number
  /** The highest that a name has, and that of the segment which was begun last. */
  #ordinal: number
  #current: number

  constructor(o: SegmentsOptions, found: Found) {
    this.#o = o
    this.#all = found.segments
    this.#seenFiles = found.seenFiles
    this.#firstUnwritten = found.nextSequence
    this.#ordinal = [...found.segments, ...found.ready].at(-1)?.ordinal ?? 0
    this.#current = found.segments.at(-1)?.ordinal ?? 0
    this.#ready = new Ready({
      ...o,
      // Where nothing is synced nothing waits for the journal either.
      bytes: o.sync ? readyBytesOf(o.segmentBytes) : 0,
      found: found.ready,
      name: (salt) => this.#nameNext(salt),
      current: () => this.#current,
    })
  }

  /** Bytes of the segments that hold a record from `low` on. */
  bytesFrom(low: number): number {
    return this.#all.reduce((sum, s) => (s.last >= low ? sum + s.bytes : sum), 0)
  }

  oldestMs(low: number): number {
    return Math.min(...this.#all.filter((s) => s.last >= low).map((s) => s.oldestMs))
  }

  #nameNext(salt: number): SegmentName {
    const ordinal = ++this.#ordinal
    const first = this.#firstUnwritten
    return { name: segmentName(ordinal, first, salt), ordinal, first, salt }
  }

  /** Begins a new segment, in a file that is ready if there is one; from now on it is the active one. */
  async begin(nextBatch: bigint): Promise<Segment> {
    const { files, random, sync } = this.#o
    this.isLeft ||= this.active !== null
    this.active = null
    const ready = this.#ready.take()
    const name = ready ?? this.#nameNext(Math.floor(random() * 2 ** 32))
    this.#current = name.ordinal
    const first = this.#firstUnwritten
    const { ordinal, bytes } = this.#all.at(-1) ?? { ordinal: 0, bytes: 0 }
    const previous = { ordinal, bytes }
    try {
      if (ready) await files.open(name.name)
      else await files.create(name.name, sync)
      await files.write(Buffer.from(segmentHeader(first, name.salt, nextBatch, previous)), 0)
    } catch (error) {
      await files.remove(name.name, sync).catch(() => {})
      throw error
    }
    const fresh = { bytes: SEGMENT_HEADER_BYTES, last: first - 1, oldestMs: Number.POSITIVE_INFINITY, seen: [] }
    this.active = { ...name, first, ...fresh }
    this.isLeft = false
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
    if (segment.bytes >= this.#o.segmentBytes / 4) this.#ready.want()
  }

  /** Leaves the active segment for good after an I/O error, and cuts what is not known to be on disk. */
  async leave(): Promise<void> {
    const left = this.active
    this.active = null
    if (!left) return
    this.isLeft = true
    await this.#o.files.truncate(left.name, left.bytes).catch(() => {})
  }

  /** Reads the durable bodies [from, to], in order; one segment is in memory at a time. */
  async *read(from: number, to: number): AsyncGenerator<LogRecord> {
    for (const segment of [...this.#all]) {
      if (segment.last < from || segment.first > to) continue
      const bytes = Buffer.from((await this.#o.files.read(segment.name)).subarray(0, segment.bytes))
      const scan = scanSegment(bytes, segment, true)
      for (const damage of scan.damage) await quarantine(this.#o.files, segment.name, bytes, damage)
      for (const r of scan.records) if (r.type === 'data' && r.sequence >= from && r.sequence <= to) yield r
    }
  }

  /**
   * Deletes the segments that hold no record from `low` on, or, where it may, makes later ones of them; their hashes stay in a small file for
   * 15 minutes.
   */
  async release(low: number, mayReuse: boolean): Promise<void> {
    const sinceMs = this.#o.clock.nowMs() - RESEND_WINDOW_MS
    for (const segment of this.#all.filter((s) => s.last < low && s !== this.active)) {
      const seen = encodeSeen(segment, sinceMs)
      const name = segment.name.replace('.log', '.seen')
      if (seen.length > 0) {
        await this.#o.files.put(name, seen)
        const newestMs = segment.seen.reduce((newest, s) => Math.max(newest, s.receivedAtMs), 0)
        this.#seenFiles.push({ name, newestMs })
      }
      failpoint('segment_delete')
      const isWhole = segment.bytes >= this.#o.segmentBytes
      if (!(mayReuse && isWhole && this.#ready.reuse(segment))) await this.#o.files.remove(segment.name)
      this.#all.splice(this.#all.indexOf(segment), 1)
    }
    for (const old of this.#seenFiles.filter((f) => f.newestMs < sinceMs)) {
      await this.#o.files.remove(old.name)
      this.#seenFiles.splice(this.#seenFiles.indexOf(old), 1)
    }
  }

  /** Resolves when no file is being made ready any more. */
  settled(): Promise<void> {
    return this.#ready.settled()
  }
}
