import type { Intake } from './intake.ts'

/** 60 s and 1 s in nanoseconds are 2^11 × 29296875 and 2^9 × 1953125: halves shifted by that far divide exactly as doubles. */
const MINUTE_ODD = 29_296_875
const SECOND_ODD = 1_953_125
const TWO_32 = 4_294_967_296

/** Epoch minute of a time in nanoseconds, exact over the whole range. */
export const minuteOf = (lo: number, hi: number): number => Math.floor((hi * 2_097_152 + (lo >>> 11)) / MINUTE_ODD)

/** Epoch second of a time in nanoseconds, exact over the whole range. */
export const secondOf = (lo: number, hi: number): number => Math.floor((hi * 8_388_608 + (lo >>> 9)) / SECOND_ODD)

/** `YYYYMMDD` of an epoch day; the civil calendar by H. Hinnant, "chrono-compatible low-level date algorithms". */
export const dayText = (day: number): string => {
  const z = day + 719_468
  const era = Math.floor(z / 146_097)
  const ofEra = z - era * 146_097
  const years = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  )
  const ofYear = ofEra - (365 * years + Math.floor(years / 4) - Math.floor(years / 100))
  const shifted = Math.floor((5 * ofYear + 2) / 153)
  const dayOfMonth = ofYear - Math.floor((153 * shifted + 2) / 5) + 1
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  const year = years + era * 400 + (month <= 2 ? 1 : 0)
  return String(year * 10_000 + month * 100 + dayOfMonth).padStart(8, '0')
}

/** Where in time an item is stored (O93). */
export class Place {
  lo = 0
  hi = 0
  minute = 0
  /** The client's time where it was not used, else 0. */
  clientLo = 0
  clientHi = 0

  /** Takes the client's time, or the time of receipt where it is too far ahead. False: older than what is kept. */
  at(lo: number, hi: number, intake: Intake): boolean {
    intake.timed = true
    const ms = (hi * TWO_32 + lo) / 1e6
    this.lo = lo
    this.hi = hi
    this.clientLo = 0
    this.clientHi = 0
    if (ms < intake.receivedAtMs - intake.limits.retentionMs) return false
    if (ms > intake.receivedAtMs + intake.limits.aheadMs) {
      this.clientLo = lo
      this.clientHi = hi
      this.lo = intake.receivedLo
      this.hi = intake.receivedHi
      intake.remark('times too far ahead replaced by the time of receipt')
    }
    this.minute = minuteOf(this.lo, this.hi)
    return true
  }

  /** Takes the time of receipt: the item came without one. */
  now(intake: Intake): true {
    this.lo = intake.receivedLo
    this.hi = intake.receivedHi
    this.clientLo = 0
    this.clientHi = 0
    this.minute = minuteOf(this.lo, this.hi)
    return true
  }
}
