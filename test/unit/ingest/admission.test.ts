import { beforeEach, describe, expect, it } from 'vitest'
import { Admission, type Entry } from '../../../services/ingest/admission.ts'

const MIB = 1024 * 1024
let nowMs = 0
let utilisation = 0
let isBehind = false
let admission: Admission

beforeEach(() => {
  nowMs = 1000
  utilisation = 1
  isBehind = false
  const pressure = { lagMs: () => 0, rssBytes: () => 0, utilisation: () => utilisation, stop: () => {} }
  admission = new Admission({
    pressure,
    logShare: () => 0,
    isBehind: () => isBehind,
    nowMs: () => nowMs,
    maxInFlightBytes: 1024 * MIB,
    maxRssBytes: MIB,
  })
})

/** Lets requests of `bytes` in until one is refused, at most `most`. */
function fill(bytes: number | null, most = 100_000): Entry[] {
  const entries: Entry[] = []
  while (entries.length < most && admission.refusal() === null) entries.push(admission.enter(bytes))
  return entries
}
function answer(entry: Entry, bytes: number): void {
  admission.arrived(entry, bytes)
  admission.leave(entry)
}

describe('the queue', () => {
  it('takes 16 MiB at once although nothing was done before, and refuses what comes then with a time to wait', () => {
    const entries = fill(MIB)
    expect(entries).toHaveLength(16)
    expect(() => admission.enter(MIB)).toThrow('too many requests wait')
    expect(admission.refusal()).toMatchObject({ status: 503, retryAfterS: 1 })
  })

  it('takes eight requests however large they are', () => {
    expect(fill(64 * MIB)).toHaveLength(8)
  })

  it('counts small requests too', () => {
    expect(fill(0)).toHaveLength(1024)
  })

  /**   done in a second   64 MiB ─┐
   *    may wait           16 MiB ─┴─▶ 48 MiB: what is done in 0.75 s
   */
  it('grows with what is done in a second, and shrinks when less is', () => {
    for (let i = 0; i < 64; i++) {
      answer(admission.enter(MIB - 16 * 1024), MIB - 16 * 1024)
      nowMs += 15
    }
    const entries = fill(MIB - 16 * 1024)
    expect(entries).toHaveLength(48)
    for (const entry of entries) admission.leave(entry)
    nowMs += 5000
    expect(fill(MIB)).toHaveLength(16)
  })

  it('is open again when what waited is answered', () => {
    for (const entry of fill(MIB)) answer(entry, MIB)
    expect(admission.refusal()).toBeNull()
  })

  it('counts a body by its size when it is here, whatever was thought before', () => {
    const entries = fill(1000, 10)
    for (const entry of entries) admission.arrived(entry, 2 * MIB)
    expect(admission.refusal()).not.toBeNull()
    for (const entry of entries) admission.leave(entry)
    expect(admission.refusal()).toBeNull()
  })

  it('counts a body of unknown size as an average one', () => {
    for (let i = 0; i < 100; i++) answer(admission.enter(MIB), MIB)
    nowMs += 5000
    expect(fill(null)).toHaveLength(16)
  })
})

describe('slow senders', () => {
  it('refuse nobody while the event loop has time', () => {
    utilisation = 0.2
    const slow = fill(MIB)
    nowMs += 1000
    expect(admission.refusal()).not.toBeNull()
    nowMs += 1500
    expect(admission.refusal()).toBeNull()
    for (const entry of slow) answer(entry, MIB)
    for (const entry of fill(MIB)) admission.leave(entry)
    expect(admission.refusal()).toBeNull()
  })

  it('count again when their bodies are here', () => {
    utilisation = 0.2
    const slow = fill(MIB)
    nowMs += 2500
    expect(admission.refusal()).toBeNull()
    for (const entry of slow) admission.arrived(entry, MIB)
    expect(admission.refusal()).not.toBeNull()
  })

  it('are not told from others where the event loop itself is what all wait for', () => {
    fill(MIB)
    nowMs += 10_000
    expect(admission.refusal()).not.toBeNull()
  })
})

describe('the rest', () => {
  it('refuses while the engine inserts less than comes in, and takes what is in already', () => {
    const entry = admission.enter(MIB)
    isBehind = true
    expect(() => admission.enter(1)).toThrow('the tables are behind')
    answer(entry, MIB)
    isBehind = false
    expect(admission.refusal()).toBeNull()
  })

  it('refuses all when the server stops, and says that the connection ends', () => {
    admission.close()
    expect(admission.refusal()).toMatchObject({ status: 503, headers: { connection: 'close' } })
  })
})
