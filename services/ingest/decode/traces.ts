import type { Blocks } from './blocks.ts'
import { type Core, isId, MAX_TIME_HI } from './reader.ts'
import type { ResourceRow, ScopeRow } from './resource.ts'
import { EXCEPTION_TYPE } from './roles.ts'
import { Derived, KIND_CLIENT, KIND_CONSUMER, KIND_INTERNAL, KIND_PRODUCER, KIND_SERVER } from './route.ts'
import type { SpanBlock } from './span-columns.ts'
import { SpanScan } from './span-scan.ts'
import { encodeText } from './utf8.ts'
import { fields, type Wire } from './wire.ts'

const EVENT_KNOWN = fields(1, 2, 3, 4)
const LINK_KNOWN = fields(1, 2, 3, 4, 5, 6)
const KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'].map(encodeText)
const STATUSES = ['Unset', 'Ok', 'Error'].map(encodeText)
const STATUS_ERROR = 2
const EXCEPTION = encodeText('exception')
const DROPPED_EVENTS = encodeText('otel.dropped_events_count')
const DROPPED_LINKS = encodeText('otel.dropped_links_count')
const NOTHING = new Uint8Array(0)

/** The text of an enum value: its name, or the number where it has none. */
const enumText = (names: Uint8Array[], value: number): Uint8Array => names[value] ?? encodeText(String(value))

/** Reads spans into the columns of otel_traces. */
export class SpanReader {
  readonly #core: Core
  readonly #wire: Wire
  readonly #blocks: Blocks<SpanBlock>
  readonly #derived: Derived
  readonly #scan = new SpanScan()
  /** The first exception event of the span: whether there is one, and its type in the body. */
  #hasException = false
  #exceptionFrom = 0
  #exceptionTo = 0

  constructor(core: Core, blocks: Blocks<SpanBlock>) {
    this.#core = core
    this.#wire = core.wire
    this.#blocks = blocks
    this.#derived = new Derived(core.attributes)
  }

  enter(resource: ResourceRow, scope: ScopeRow): void {
    this.#core.enter(resource, scope)
  }

  item(to: number): void {
    const { intake, attributes, place } = this.#core
    const scan = this.#scan
    scan.read(this.#wire, to, attributes)
    intake.item()
    if (!this.#hasValidIds()) {
      intake.reject('spans with an invalid trace, span or parent id rejected')
      return
    }
    if (!this.#place()) {
      intake.reject('spans older than the retention rejected')
      return
    }
    const block = this.#blocks.at(Math.floor(place.minute / 1440))
    this.#core.settle(block)
    this.#write(block)
    block.added(place.minute)
    intake.accept()
  }

  #hasValidIds(): boolean {
    const { buf } = this.#wire
    const s = this.#scan
    const parent = s.parentTo - s.parentFrom
    return isId(buf, s.traceFrom, s.traceTo, 16) && isId(buf, s.spanFrom, s.spanTo, 8) && (parent === 0 || parent === 8)
  }

  /** By its start; without one by its end, and without either by the time of receipt. */
  #place(): boolean {
    const { intake, place } = this.#core
    const s = this.#scan
    if ((s.startLo | s.startHi) !== 0) return place.at(s.startLo, s.startHi, intake)
    if ((s.endLo | s.endHi) !== 0) return place.at(s.endLo, s.endHi, intake)
    return place.now(intake)
  }

  #write(block: SpanBlock): void {
    const { intake, attributes, place } = this.#core
    const { buf } = this.#wire
    const s = this.#scan
    const { limits } = intake
    block.time.push64(place.lo, place.hi)
    block.clientTime.push64(place.clientLo, place.clientHi)
    block.traceId.hex(buf, s.traceFrom, s.traceTo)
    block.spanId.hex(buf, s.spanFrom, s.spanTo)
    const hasParent = isId(buf, s.parentFrom, s.parentTo, 8)
    if (hasParent) block.parentId.hex(buf, s.parentFrom, s.parentTo)
    else block.parentId.empty()
    intake.put(block.traceState, buf, s.stateFrom, s.stateTo, limits.nameBytes)
    intake.putName(block.name, buf, s.nameFrom, s.nameTo, 'span')
    const kind = enumText(KINDS, s.kind)
    block.kind.put(kind, 0, kind.length)
    const status = enumText(STATUSES, s.status)
    block.statusCode.put(status, 0, status.length)
    intake.put(block.statusMessage, buf, s.messageFrom, s.messageTo, limits.valueBytes)
    block.flags.push(s.flags)
    attributes.write(block.attributes, limits.valueBytes, s.dropped)
    this.#core.putRedacted(block.redacted)
    this.#derive(block, hasParent)
    this.#writeEvents(block)
    this.#writeLinks(block)
    this.#finish(block)
  }

  #derive(block: SpanBlock, hasParent: boolean): void {
    const { buf } = this.#wire
    const s = this.#scan
    const derived = this.#derived
    const { kind } = s
    const isEntry =
      kind === KIND_SERVER || kind === KIND_CONSUMER || (!hasParent && (kind === 0 || kind === KIND_INTERNAL))
    block.isEntry.push(isEntry ? 1 : 0)
    if (derived.route(buf, isEntry, kind))
      this.#core.intake.putName(block.route, derived.text, 0, derived.used, 'route')
    else this.#core.intake.putName(block.route, buf, s.nameFrom, s.nameTo, 'route')
    const hasPeer = (kind === KIND_CLIENT || kind === KIND_PRODUCER) && derived.peer(buf)
    if (hasPeer) block.peer.put(derived.text, 0, derived.used)
    else block.peer.put(NOTHING, 0, 0)
    const httpStatus = derived.httpStatus()
    block.httpStatus.push(httpStatus)
    const failed = s.status === STATUS_ERROR || (isEntry && (httpStatus >= 500 || derived.rpcFault(buf)))
    block.failed.push(failed ? 1 : 0)
  }

  #writeEvents(block: SpanBlock): void {
    const { events } = this.#scan
    this.#hasException = false
    for (let i = 0; i < events.count; i++) this.#event(block, events.from(i), events.to(i))
    block.eventEnds.push(block.eventTime.used >>> 1)
    if (this.#hasException)
      this.#core.intake.putName(block.exceptionType, this.#wire.buf, this.#exceptionFrom, this.#exceptionTo)
    else block.exceptionType.put(NOTHING, 0, 0)
  }

  #event(block: SpanBlock, from: number, to: number): void {
    const w = this.#wire
    const { intake, attributes } = this.#core
    let timeLo = 0
    let timeHi = 0
    let nameFrom = 0
    let nameTo = 0
    let dropped = 0
    intake.node()
    attributes.clear()
    w.range(from, to)
    while (w.pos < to) {
      const tag = w.tag()
      if (tag === 26) attributes.add()
      else if (tag === 9) {
        w.fixed64()
        timeLo = w.lo
        timeHi = w.hi
      } else if (tag === 18) {
        if (nameTo !== 0) w.onAgain()
        nameTo = w.until()
        nameFrom = w.pos
        w.pos = nameTo
      } else if (tag === 32) dropped = w.uint32()
      else w.skip(tag, EVENT_KNOWN)
    }
    if (timeHi > MAX_TIME_HI) block.eventTime.push64(0xffffffff, MAX_TIME_HI)
    else block.eventTime.push64(timeLo, timeHi)
    intake.putName(block.eventName, w.buf, nameFrom, nameTo)
    attributes.write(block.eventAttributes, intake.limits.valueBytes, dropped)
    block.eventAttributes.end()
    this.#noteException(nameFrom, nameTo)
  }

  /** Remembers the type of the span's first exception event. */
  #noteException(nameFrom: number, nameTo: number): void {
    if (this.#hasException || nameTo - nameFrom !== EXCEPTION.length) return
    const { buf } = this.#wire
    for (let i = 0; i < EXCEPTION.length; i++) if (buf[nameFrom + i] !== EXCEPTION[i]) return
    const { attributes } = this.#core
    const typed = attributes.hasText(EXCEPTION_TYPE)
    this.#hasException = true
    this.#exceptionFrom = typed ? attributes.roleFrom[EXCEPTION_TYPE]! : 0
    this.#exceptionTo = typed ? attributes.roleTo[EXCEPTION_TYPE]! : 0
  }

  #writeLinks(block: SpanBlock): void {
    const { links } = this.#scan
    for (let i = 0; i < links.count; i++) this.#link(block, links.from(i), links.to(i))
    block.linkEnds.push(block.linkFlags.used)
  }

  #link(block: SpanBlock, from: number, to: number): void {
    const w = this.#wire
    const { intake, attributes } = this.#core
    const at = { trace: [0, 0], span: [0, 0], state: [0, 0] }
    let dropped = 0
    let flags = 0
    intake.node()
    attributes.clear()
    w.range(from, to)
    while (w.pos < to) {
      const tag = w.tag()
      if (tag === 10 || tag === 18 || tag === 26) {
        const field = tag === 10 ? 'trace' : tag === 18 ? 'span' : 'state'
        if (at[field][1] !== 0) w.onAgain()
        const end = w.until()
        at[field] = [w.pos, end]
        w.pos = end
      } else if (tag === 34) attributes.add()
      else if (tag === 40) dropped = w.uint32()
      else if (tag === 53) flags = w.fixed32()
      else w.skip(tag, LINK_KNOWN)
    }
    if (!isId(w.buf, at.trace[0]!, at.trace[1]!, 16) || !isId(w.buf, at.span[0]!, at.span[1]!, 8)) {
      intake.remark('links with an invalid trace or span id dropped')
      this.#scan.droppedLinks++
      return
    }
    block.linkTraceId.hex(w.buf, at.trace[0]!, at.trace[1]!)
    block.linkSpanId.hex(w.buf, at.span[0]!, at.span[1]!)
    intake.put(block.linkTraceState, w.buf, at.state[0]!, at.state[1]!, intake.limits.nameBytes)
    block.linkFlags.push(flags)
    attributes.write(block.linkAttributes, intake.limits.valueBytes, dropped)
    block.linkAttributes.end()
  }

  /** Duration, and what stands in the span's map beside its own attributes. */
  #finish(block: SpanBlock): void {
    const { attributes, place } = this.#core
    const s = this.#scan
    const note = this.#putDuration(block)
    if (s.droppedEvents > 0) attributes.note(block.attributes, DROPPED_EVENTS, String(s.droppedEvents))
    if (s.droppedLinks > 0) attributes.note(block.attributes, DROPPED_LINKS, String(s.droppedLinks))
    const ahead = (place.clientLo | place.clientHi) !== 0
    this.#core.notes(block.attributes, ahead && note === '' ? 'client_time_ahead' : note)
    block.attributes.end()
  }

  /** Nanoseconds; 0 where it cannot be known (O91). Returns why. */
  #putDuration(block: SpanBlock): string {
    const s = this.#scan
    const hasStart = (s.startLo | s.startHi) !== 0
    const hasEnd = (s.endLo | s.endHi) !== 0
    const ends = s.endHi > s.startHi || (s.endHi === s.startHi && s.endLo >= s.startLo)
    if (hasStart && hasEnd && ends) {
      block.duration.push64((s.endLo - s.startLo) >>> 0, s.endHi - s.startHi - (s.endLo < s.startLo ? 1 : 0))
      return ''
    }
    block.duration.push64(0, 0)
    return hasStart ? (hasEnd ? 'end_before_start' : 'no_end') : 'no_start'
  }
}
