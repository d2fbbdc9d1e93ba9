import type { Attributes } from './attributes.ts'
import { Ranges } from './ranges.ts'
import { fields, type Wire } from './wire.ts'

const KNOWN = fields(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
const STATUS_KNOWN = fields(2, 3)

/** Where the fields of one span stand in the body. Nothing is written before all of them are known. */
export class SpanScan {
  traceFrom = 0
  traceTo = 0
  spanFrom = 0
  spanTo = 0
  parentFrom = 0
  parentTo = 0
  stateFrom = 0
  stateTo = 0
  nameFrom = 0
  nameTo = 0
  messageFrom = 0
  messageTo = 0
  kind = 0
  status = 0
  flags = 0
  startLo = 0
  startHi = 0
  endLo = 0
  endHi = 0
  dropped = 0
  droppedEvents = 0
  droppedLinks = 0
  readonly events = new Ranges()
  readonly links = new Ranges()

  #clear(): void {
    this.traceFrom = this.traceTo = this.spanFrom = this.spanTo = this.parentFrom = this.parentTo = 0
    this.stateFrom = this.stateTo = this.nameFrom = this.nameTo = this.messageFrom = this.messageTo = 0
    this.kind = this.status = this.flags = this.dropped = this.droppedEvents = this.droppedLinks = 0
    this.startLo = this.startHi = this.endLo = this.endHi = 0
    this.events.clear()
    this.links.clear()
  }

  /** Scans the span at the reader, up to `to`; its attributes are listed in `attributes`. */
  read(w: Wire, to: number, attributes: Attributes): void {
    this.#clear()
    attributes.clear()
    w.lim = to
    while (w.pos < to) {
      const tag = w.tag()
      if (tag === 74) attributes.add()
      else this.#field(w, tag, to)
    }
  }

  #field(w: Wire, tag: number, to: number): void {
    switch (tag) {
      case 10:
        if (this.traceTo !== 0) w.onAgain()
        this.traceTo = w.until()
        this.traceFrom = w.pos
        w.pos = this.traceTo
        break
      case 18:
        if (this.spanTo !== 0) w.onAgain()
        this.spanTo = w.until()
        this.spanFrom = w.pos
        w.pos = this.spanTo
        break
      case 26:
        if (this.stateTo !== 0) w.onAgain()
        this.stateTo = w.until()
        this.stateFrom = w.pos
        w.pos = this.stateTo
        break
      case 34:
        if (this.parentTo !== 0) w.onAgain()
        this.parentTo = w.until()
        this.parentFrom = w.pos
        w.pos = this.parentTo
        break
      case 42:
        if (this.nameTo !== 0) w.onAgain()
        this.nameTo = w.until()
        this.nameFrom = w.pos
        w.pos = this.nameTo
        break
      case 48:
        this.kind = w.int32()
        break
      case 57:
        w.fixed64()
        this.startLo = w.lo
        this.startHi = w.hi
        break
      case 65:
        w.fixed64()
        this.endLo = w.lo
        this.endHi = w.hi
        break
      default:
        this.#lateField(w, tag, to)
    }
  }

  #lateField(w: Wire, tag: number, to: number): void {
    if (tag === 80) this.dropped = w.uint32()
    else if (tag === 90) this.events.add(w)
    else if (tag === 96) this.droppedEvents = w.uint32()
    else if (tag === 106) this.links.add(w)
    else if (tag === 112) this.droppedLinks = w.uint32()
    else if (tag === 122) this.#readStatus(w, to)
    else if (tag === 133) this.flags = w.fixed32()
    else w.skip(tag, KNOWN)
  }

  #readStatus(w: Wire, outer: number): void {
    const to = w.until()
    w.lim = to
    while (w.pos < to) {
      const tag = w.tag()
      if (tag === 18) {
        if (this.messageTo !== 0) w.onAgain()
        this.messageTo = w.until()
        this.messageFrom = w.pos
        w.pos = this.messageTo
      } else if (tag === 24) this.status = w.int32()
      else w.skip(tag, STATUS_KNOWN)
    }
    w.lim = outer
  }
}
