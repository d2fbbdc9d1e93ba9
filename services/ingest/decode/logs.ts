import type { Blocks } from './blocks.ts'
import type { LogBlock } from './log-columns.ts'
import { secondOf } from './place.ts'
import { type Core, isId, MAX_TIME_HI } from './reader.ts'
import type { ResourceRow, ScopeRow } from './resource.ts'
import { NONE, STRING } from './value.ts'
import { fields, type Wire } from './wire.ts'

const KNOWN = fields(1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12)
/** Messages from the request down to the AnyValue of a body. */
const BODY_DEPTH = 5
const MAX_SEVERITY = 255

/** Reads log records into the columns of otel_logs. */
export class LogReader {
  readonly #core: Core
  readonly #wire: Wire
  readonly #blocks: Blocks<LogBlock>
  #timeLo = 0
  #timeHi = 0
  #observedLo = 0
  #observedHi = 0
  #severity = 0
  #flags = 0
  #dropped = 0
  #severityFrom = 0
  #severityTo = 0
  #bodyFrom = 0
  #bodyTo = 0
  #traceFrom = 0
  #traceTo = 0
  #spanFrom = 0
  #spanTo = 0
  #eventFrom = 0
  #eventTo = 0

  constructor(core: Core, blocks: Blocks<LogBlock>) {
    this.#core = core
    this.#wire = core.wire
    this.#blocks = blocks
  }

  enter(resource: ResourceRow, scope: ScopeRow): void {
    this.#core.enter(resource, scope)
  }

  item(to: number): void {
    const { intake, place } = this.#core
    intake.item()
    this.#scan(to)
    if (!this.#place()) {
      intake.reject('log records older than the retention rejected')
      return
    }
    const block = this.#blocks.at(Math.floor(place.minute / 1440))
    this.#core.settle(block)
    this.#write(block)
    block.added(place.minute)
    intake.accept()
  }

  #clear(): void {
    this.#timeLo = this.#timeHi = this.#observedLo = this.#observedHi = 0
    this.#severity = this.#flags = this.#dropped = 0
    this.#severityFrom = this.#severityTo = this.#bodyFrom = this.#bodyTo = this.#eventFrom = this.#eventTo = 0
    this.#traceFrom = this.#traceTo = this.#spanFrom = this.#spanTo = 0
    this.#core.attributes.clear()
  }

  #scan(to: number): void {
    const w = this.#wire
    this.#clear()
    w.lim = to
    while (w.pos < to) {
      const tag = w.tag()
      if (tag === 50) this.#core.attributes.add()
      else if ((tag & 7) === 2) this.#span(tag)
      else if (tag === 9) {
        w.fixed64()
        this.#timeLo = w.lo
        this.#timeHi = w.hi
      } else if (tag === 89) {
        w.fixed64()
        this.#observedLo = w.lo
        this.#observedHi = w.hi
      } else if (tag === 16) this.#severity = w.int32()
      else if (tag === 56) this.#dropped = w.uint32()
      else if (tag === 69) this.#flags = w.fixed32()
      else w.skip(tag, KNOWN)
    }
  }

  /** A field with a length. */
  #span(tag: number): void {
    const w = this.#wire
    if (tag !== 26 && tag !== 42 && tag !== 74 && tag !== 82 && tag !== 98) {
      w.skip(tag, KNOWN)
      return
    }
    const end = w.until()
    const from = w.pos
    w.pos = end
    if (tag === 26) {
      if (this.#severityTo !== 0) w.onAgain()
      this.#severityFrom = from
      this.#severityTo = end
    } else if (tag === 42) {
      if (this.#bodyTo !== 0) w.onAgain()
      this.#bodyFrom = from
      this.#bodyTo = end
    } else if (tag === 74) {
      if (this.#traceTo !== 0) w.onAgain()
      this.#traceFrom = from
      this.#traceTo = end
    } else if (tag === 82) {
      if (this.#spanTo !== 0) w.onAgain()
      this.#spanFrom = from
      this.#spanTo = end
    } else {
      if (this.#eventTo !== 0) w.onAgain()
      this.#eventFrom = from
      this.#eventTo = end
    }
  }

  /** By its time, else by the time it was observed, else by the time of receipt (O95). */
  #place(): boolean {
    const { intake, place } = this.#core
    if ((this.#timeLo | this.#timeHi) !== 0) return place.at(this.#timeLo, this.#timeHi, intake)
    if ((this.#observedLo | this.#observedHi) !== 0) return place.at(this.#observedLo, this.#observedHi, intake)
    return place.now(intake)
  }

  #write(block: LogBlock): void {
    const { intake, attributes, place } = this.#core
    const { buf } = this.#wire
    const { limits } = intake
    block.time.push64(place.lo, place.hi)
    block.timeSeconds.push(secondOf(place.lo, place.hi))
    block.clientTime.push64(place.clientLo, place.clientHi)
    if (this.#observedHi > MAX_TIME_HI) block.observed.push64(0xffffffff, MAX_TIME_HI)
    else block.observed.push64(this.#observedLo, this.#observedHi)
    this.#putIds(block)
    block.traceFlags.push(this.#flags & 255)
    intake.putName(block.severityText, buf, this.#severityFrom, this.#severityTo)
    block.severityNumber.push(Math.max(0, Math.min(MAX_SEVERITY, this.#severity)))
    intake.put(block.eventName, buf, this.#eventFrom, this.#eventTo, limits.nameBytes)
    this.#putBody(block)
    attributes.write(block.attributes, limits.valueBytes, this.#dropped)
    this.#core.putRedacted(block.redacted)
    this.#core.notes(block.attributes, (place.clientLo | place.clientHi) !== 0 ? 'client_time_ahead' : '')
    block.attributes.end()
  }

  /** A record with bad ids is kept, tied to no trace (O96). */
  #putIds(block: LogBlock): void {
    const { buf } = this.#wire
    const hasTrace = isId(buf, this.#traceFrom, this.#traceTo, 16)
    const hasSpan = hasTrace && isId(buf, this.#spanFrom, this.#spanTo, 8)
    if (hasTrace) block.traceId.hex(buf, this.#traceFrom, this.#traceTo)
    else block.traceId.empty()
    if (hasSpan) block.spanId.hex(buf, this.#spanFrom, this.#spanTo)
    else block.spanId.empty()
    const isBad = (!hasTrace && this.#traceTo > this.#traceFrom) || (!hasSpan && this.#spanTo > this.#spanFrom)
    if (isBad) this.#core.intake.remark('log records with an invalid trace or span id kept, tied to no trace')
  }

  #putBody(block: LogBlock): void {
    const { intake, attributes } = this.#core
    const { value } = attributes
    const max = intake.limits.bodyBytes
    value.read(this.#bodyFrom, this.#bodyTo)
    if (value.kind === NONE) block.body.empty()
    else if (value.kind === STRING) intake.put(block.body, this.#wire.buf, value.from, value.to, max)
    else {
      value.render(max, BODY_DEPTH)
      intake.put(block.body, value.text, 0, value.used, max)
    }
  }
}
