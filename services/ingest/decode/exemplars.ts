import type { ExemplarColumns } from './metric-columns.ts'
import type { Ranges } from './ranges.ts'
import { type Core, isId, MAX_TIME_HI } from './reader.ts'
import { fields } from './wire.ts'

const KNOWN = fields(2, 3, 4, 5, 6, 7)

/** Writes the listed exemplars of one point. One without a value is dropped (O68). */
export const writeExemplars = (core: Core, list: Ranges, columns: ExemplarColumns): void => {
  for (let i = 0; i < list.count; i++) writeExemplar(core, list.from(i), list.to(i), columns)
  columns.ends.push(columns.time.used >>> 1)
}

const writeExemplar = (core: Core, from: number, to: number, columns: ExemplarColumns): void => {
  const { wire: w, intake, attributes } = core
  let timeLo = 0
  let timeHi = 0
  let value = 0
  let hasValue = false
  let spanFrom = 0
  let spanTo = 0
  let traceFrom = 0
  let traceTo = 0
  intake.node()
  attributes.clear()
  w.range(from, to)
  while (w.pos < to) {
    const tag = w.tag()
    if (tag === 17) {
      w.fixed64()
      timeLo = w.lo
      timeHi = w.hi
    } else if (tag === 25) {
      value = w.double()
      hasValue = true
    } else if (tag === 49) {
      w.fixed64()
      value = (w.hi | 0) * 4294967296 + w.lo
      hasValue = true
    } else if (tag === 34) {
      if (spanTo !== 0) w.onAgain()
      spanTo = w.until()
      spanFrom = w.pos
      w.pos = spanTo
    } else if (tag === 42) {
      if (traceTo !== 0) w.onAgain()
      traceTo = w.until()
      traceFrom = w.pos
      w.pos = traceTo
    } else if (tag === 58) attributes.add()
    else w.skip(tag, KNOWN)
  }
  if (!hasValue) {
    intake.remark('exemplars without a value dropped')
    return
  }
  if (timeHi > MAX_TIME_HI) columns.time.push64(0xffffffff, MAX_TIME_HI)
  else columns.time.push64(timeLo, timeHi)
  columns.value.pushDouble(value)
  if (isId(w.buf, spanFrom, spanTo, 8)) columns.spanId.hex(w.buf, spanFrom, spanTo)
  else columns.spanId.empty()
  if (isId(w.buf, traceFrom, traceTo, 16)) columns.traceId.hex(w.buf, traceFrom, traceTo)
  else columns.traceId.empty()
  attributes.write(columns.attributes, intake.limits.metricValueBytes, 0)
  columns.attributes.end()
}
