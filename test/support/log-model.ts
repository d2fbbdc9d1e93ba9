import { IngestLog } from '../../services/ingest/log/log.ts'
import { recordHash } from '../../services/ingest/log/record.ts'
import { parseSegmentName, scanSegment } from '../../services/ingest/log/segment.ts'
import { manualClock } from '../../shared/runtime/clock.ts'
import { silentLog } from '../../shared/runtime/log.ts'
import { MemoryFiles } from './memory-files.ts'
import { seeded } from './random.ts'

export type Op =
  | { op: 'append'; bytes: number }
  | { op: 'turns'; turns: number }
  | { op: 'settle' | 'crash' | 'restart' | 'corrupt' }
  | { op: 'fail'; call: 'write' | 'sync' | 'create' | 'prepare' }
  | { op: 'release'; share: number }

type Known = { body: Buffer; state: 'waiting' | 'acked' | 'refused' }

/**
 * Runs operations against the log on a folder that forgets what was not synced, and compares with what must hold: what was
 * acknowledged and not released is read back, byte for byte and in order, after any crash; nothing is read that was not sent;
 * what was refused does not come back while the process lives; a damaged byte is found and costs at most its record; and nothing is called
 * damage, whatever a file held before, where only the power was cut.
 */
export class LogModel {
  readonly #random: () => number
  readonly #files: MemoryFiles
  readonly #clock = manualClock(1_700_000_000_000)
  readonly #known = new Map<number, Known>()
  readonly #damaged = new Set<number>()
  #log!: IngestLog
  #low = 1
  /** Whether the disk did anything but lose what was not synced. */
  #isFaulty = false

  constructor(seed: number) {
    this.#random = seeded(seed)
    this.#files = new MemoryFiles(this.#random)
  }

  /** @throws Error naming the first divergence */
  async run(ops: Op[]): Promise<void> {
    await this.#start()
    for (const step of ops) await this.#step(step)
    await this.#check()
  }

  async #start(): Promise<void> {
    this.#log = await IngestLog.open({
      files: this.#files.session(),
      clock: this.#clock,
      log: silentLog(),
      random: this.#random,
      sync: true,
      segmentBytes: 300,
      capBytes: 1e9,
      room: { isFull: false, release: async () => {} },
    })
    const { quarantined } = this.#log.found
    if (quarantined > 0 && !this.#isFaulty) throw new Error(`${quarantined} parts are called damaged after a power cut`)
    // The note that says "refused" may itself be what the crash took.
    for (const entry of this.#known.values()) if (entry.state === 'refused') entry.state = 'waiting'
  }

  async #step(step: Op): Promise<void> {
    if (step.op === 'append') await this.#append(step.bytes)
    else if (step.op === 'turns') for (let i = 0; i < step.turns; i++) await Promise.resolve()
    else if (step.op === 'settle') await this.#check()
    else if (step.op === 'fail') {
      this.#files.failNext = step.call
      this.#isFaulty = true
    } else if (step.op === 'release') await this.#release(step.share)
    else if (step.op === 'corrupt') await this.#corrupt()
    else {
      if (step.op === 'restart') await this.#log.close()
      this.#files.crash()
      await this.#start()
      await this.#check()
    }
  }

  async #append(bytes: number): Promise<void> {
    if (this.#log.refusal()) await this.#clock.advance(2000)
    const body = Buffer.from(Array.from({ length: bytes }, () => Math.floor(this.#random() * 256)))
    const hash = recordHash('data', 'logs', 'protobuf', body)
    const head = {
      signal: 'logs',
      encoding: 'protobuf',
      hash,
      receivedAtMs: this.#clock.nowMs(),
      alone: false,
    } as const
    const { sequence, durable } = this.#log.append(head, body)
    const entry: Known = { body, state: 'waiting' }
    this.#known.set(sequence, entry)
    const ended = (state: Known['state']) => () => {
      entry.state = state
    }
    durable.then(ended('acked'), ended('refused'))
  }

  async #release(share: number): Promise<void> {
    await this.#log.settled()
    const next = this.#low + Math.floor(share * (this.#log.nextSequence - this.#low))
    try {
      await this.#log.checkpoint([], next)
    } catch {
      return
    }
    this.#low = next
    await this.#log.release(next)
  }

  /** A byte changes while nothing runs: the next start counts the damage, and only the record that it hit is gone. */
  async #corrupt(): Promise<void> {
    this.#isFaulty = true
    this.#files.failNext = null
    await this.#log.close()
    await this.#check()
    this.#files.crash()
    const hit = corrupt(this.#files)
    if (hit) for (const sequence of hitBy(this.#files, hit)) this.#damaged.add(sequence)
    await this.#start()
    const { quarantined, tornBytes } = this.#log.found
    if (hit?.isOfUse && quarantined === 0 && tornBytes === 0)
      throw new Error(`a damaged byte at ${hit.at} of ${hit.name} was not found`)
    await this.#check()
  }

  async #check(): Promise<void> {
    await this.#log.settled()
    const seen = new Set<number>()
    let previous = 0
    for await (const { sequence, payload } of this.#log.read(1, Number.MAX_SAFE_INTEGER)) {
      if (sequence <= previous && sequence >= this.#low) throw new Error(`${sequence} was read after ${previous}`)
      previous = Math.max(previous, sequence)
      const was = this.#known.get(sequence)
      if (!was) throw new Error(`${sequence} was read and never sent`)
      if (!was.body.equals(payload)) throw new Error(`${sequence} came back changed`)
      if (was.state === 'refused') throw new Error(`${sequence} was refused and came back`)
      seen.add(sequence)
    }
    for (const [sequence, was] of this.#known) {
      const isOwed = was.state === 'acked' && sequence >= this.#low && !this.#damaged.has(sequence)
      if (isOwed && !seen.has(sequence)) throw new Error(`${sequence} was acknowledged and is lost`)
    }
  }
}

/** Changes one byte. In a segment without records, behind the end that a segment states, and in that statement, it harms nothing, and need not be found. */
function corrupt(files: MemoryFiles): { name: string; at: number; isOfUse: boolean } | null {
  const before = new Map([...files.files].map(([name, { bytes }]) => [name, Buffer.from(bytes)]))
  const hit = files.corrupt()
  if (!hit) return null
  const scan = scanSegment(before.get(hit.name)!, parseSegmentName(hit.name)!, true)
  // A power cut may have taken the statement itself: then nothing counts behind the last record.
  const end = scan.records.findLast(({ type }) => type === 'end')?.offset ?? scan.records.at(-1)?.end ?? 0
  return { ...hit, isOfUse: scan.records.length > 0 && hit.at < end }
}

/** The bodies that cannot be read because of the byte: those that some other value of it would bring back. */
function hitBy(files: MemoryFiles, hit: { name: string; at: number }): number[] {
  const name = parseSegmentName(hit.name)!
  const { bytes } = files.files.get(hit.name)!
  const after = new Set(scanSegment(bytes, name, true).records.map((r) => r.sequence))
  const tried = Buffer.from(bytes)
  for (let value = 0; value < 256; value++) {
    tried[hit.at] = value
    const records = scanSegment(tried, name, true).records.filter((r) => r.type === 'data')
    const gone = records.map((r) => r.sequence).filter((sequence) => !after.has(sequence))
    if (gone.length > 0) return gone
  }
  return []
}
