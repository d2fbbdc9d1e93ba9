import type { Log } from '../../../shared/runtime/log.ts'
import type { Files } from './files.ts'

const RESERVE = 'reserve'
/** What seals, checkpoints and a new segment need until the log is empty, many times over. */
export const RESERVE_BYTES = 16 * 1024 * 1024
/** The disk is full from 95 % on … */
const FULL_SHARE = 0.05
/** … and a large one when this is left: merges of the engine need no more. */
const FULL_BYTES = 1024 * 1024 * 1024

const leastFree = (totalBytes: number) => Math.min(FULL_SHARE * totalBytes, FULL_BYTES)

/** Whether there is plenty of room even when `bytes` more are taken for what could be done without. */
export const leavesRoom = (
  { freeBytes, totalBytes }: { freeBytes: number; totalBytes: number },
  bytes: number,
): boolean => freeBytes - bytes >= 2 * leastFree(totalBytes) + RESERVE_BYTES

/**
 * Keeps room on the disk of the log: a file that is deleted when the disk is full, so that what was taken can still be sealed, inserted
 * and checkpointed, while new bodies are refused. On a file system that compresses, the file holds less room than its size.
 */
export class Room {
  readonly #files: Files
  readonly #log: Log
  #isHeld = false
  #isFull = false

  constructor(files: Files, log: Log) {
    this.#files = files
    this.#log = log
  }

  /** Whether nothing new may be written. */
  get isFull(): boolean {
    return this.#isFull
  }

  /** Compares what is free with what must be, and gives the reserve back or takes it again. To be called every few seconds. */
  async check(): Promise<void> {
    const { freeBytes, totalBytes } = await this.#files.space()
    const least = leastFree(totalBytes)
    if (freeBytes < least) await this.release(freeBytes)
    else if (!this.#isHeld && freeBytes >= least + RESERVE_BYTES) await this.#take()
  }

  /** The disk is full: the reserve is deleted, and nothing new is taken until there is room for it again. */
  async release(freeBytes = 0): Promise<void> {
    if (!this.#isFull)
      this.#log.error(
        { event: 'disk_full', freeBytes },
        'the disk is full: requests are refused with 503. Make room, or lower PLUMBLINE_RETENTION_DAYS',
      )
    this.#isFull = true
    this.#isHeld = false
    await this.#files.remove(RESERVE).catch(() => {})
  }

  async #take(): Promise<void> {
    await this.#files.put(RESERVE, Buffer.alloc(RESERVE_BYTES))
    this.#isHeld = true
    if (this.#isFull) this.#log.info({ event: 'disk_has_room' }, 'the disk has room again: requests are taken')
    this.#isFull = false
  }
}
