import type { Clock } from '../../../shared/runtime/clock.ts'
import type { Files } from './files.ts'
import { leavesRoom } from './room.ts'
import type { SegmentName } from './segment.ts'

/** At most so many files wait. At full load two to three segments are released at a time. */
const MAX_READY = 3
/** After a failure the log does without for so long. */
const RETRY_MS = 30_000

export type ReadyOptions = {
  files: Files
  clock: Clock
  random: () => number
  /** Length of a ready file; 0: none are made. */
  bytes: number
  found: SegmentName[]
  /** A name for the next segment under `salt`. */
  name: (salt: number) => SegmentName
  /** The ordinal of the segment that is written to, or was last. */
  current: () => number
}

/**
 * Files made ready for segments to come. A write that makes a file longer waits, when it is synced, for the file system's journal, and so
 * for all that the engine writes; one into a file that has its length already waits for its own bytes. A segment of which nothing is
 * needed any more becomes a later one under a new name; where none is released in time, a file is filled with zeros, slowly.
 */
export class Ready {
  readonly #o: ReadyOptions
  readonly #list: SegmentName[]
  #making = 0
  #last: Promise<void> = Promise.resolve()
  #notBeforeMs = 0

  constructor(o: ReadyOptions) {
    this.#o = o
    this.#list = o.bytes > 0 ? [...o.found] : []
  }

  /** The next file that is ready, if there is one; it is the caller's from now on. */
  take(): SegmentName | null {
    return this.#list.shift() ?? null
  }

  /** Makes a file ready where there is none, and room for it. Returns at once. */
  want(): void {
    if (this.#o.bytes === 0 || this.#list.length + this.#making > 0) return
    if (this.#o.clock.nowMs() < this.#notBeforeMs) return
    this.#later(null)
  }

  /** Takes over the file of a segment that nobody needs, or deletes it later on. @returns whether it does */
  reuse(segment: SegmentName): boolean {
    if (this.#o.bytes === 0 || this.#list.length + this.#making >= MAX_READY) return false
    this.#later(segment)
    return true
  }

  /** One at a time, so that names are in order. */
  #later(from: SegmentName | null): void {
    this.#making += 1
    this.#last = this.#last
      .then(() => this.#make(from))
      .catch(() => {
        this.#notBeforeMs = this.#o.clock.nowMs() + RETRY_MS
      })
      .finally(() => {
        this.#making -= 1
      })
  }

  async #make(from: SegmentName | null): Promise<void> {
    const { files, bytes } = this.#o
    if (!leavesRoom(await files.space(), bytes)) {
      if (from) await files.remove(from.name)
      throw new Error('cannot make a file ready: the disk has too little room')
    }
    let name = await this.#rename(from)
    // While it was made another segment may have been begun: files are written to in the order of their names.
    while (name.ordinal < this.#o.current()) name = await this.#rename(name)
    this.#list.push(name)
  }

  /** What a file held is never taken for its new segment's: in 65,536 steps its salts are all different. */
  async #rename(from: SegmentName | null): Promise<SegmentName> {
    const { files, random, bytes } = this.#o
    const salt = from ? from.salt + 1 + Math.floor(random() * 2 ** 16) : Math.floor(random() * 2 ** 32)
    const name = this.#o.name(salt >>> 0)
    await files.prepare(name.name, from?.name ?? null, bytes)
    return name
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    await this.#last
  }
}
