/** Numbers and times as people read them; every number carries its unit. Pure. */

/** Which clock the times are told by: the viewer's choice. */
export type Zone = 'utc' | 'local'

const digits = (value: number, significant = 3): string => {
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size >= 1000) return value.toLocaleString('en', { maximumFractionDigits: 0 })
  const places = Math.max(0, significant - 1 - Math.floor(Math.log10(size)))
  return String(Number(value.toFixed(Math.min(places, 6))))
}

/** '1 line', '2 lines'. */
export const plural = (value: number, word: string, many = `${word}s`): string =>
  `${count(value)} ${value === 1 ? word : many}`

export const count = (value: number): string => Math.round(value).toLocaleString('en')

/** 12_345 → '12.3 k'. */
export function compact(value: number): string {
  const size = Math.abs(value)
  if (size >= 1e9) return `${digits(value / 1e9)} G`
  if (size >= 1e6) return `${digits(value / 1e6)} M`
  if (size >= 1e4) return `${digits(value / 1e3)} k`
  return digits(value)
}

export const percent = (ratio: number): string => {
  const value = ratio * 100
  if (value !== 0 && Math.abs(value) < 0.01) return '<0.01 %'
  return `${digits(value, Math.abs(value) >= 10 ? 3 : 2)} %`
}

export function ms(value: number): string {
  const size = Math.abs(value)
  if (size >= 60_000) return `${digits(value / 60_000)} min`
  if (size >= 1000) return `${digits(value / 1000)} s`
  if (size > 0 && size < 1) return `${digits(value * 1000)} µs`
  return `${digits(value)} ms`
}

export function bytes(value: number): string {
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let size = value
  let index = 0
  while (Math.abs(size) >= 1024 && index < names.length - 1) {
    size /= 1024
    index += 1
  }
  return `${digits(size)} ${names[index]}`
}

/** A value in the unit that the API names. */
export function inUnit(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–'
  if (unit === 'ratio') return percent(value)
  if (unit === 'ms') return ms(value)
  if (unit === 's') return ms(value * 1000)
  if (unit === 'By' || unit === 'bytes') return bytes(value)
  if (unit === 'per_minute') return `${compact(value)} /min`
  if (unit === 'count' || unit === '1' || unit === '') return compact(value)
  return `${compact(value)} ${unit.replace(/[{}]/g, '')}`
}

const unitNames: Record<string, string> = {
  By: 'bytes',
  s: 'seconds',
  ms: 'milliseconds',
  '1': 'ratio or count',
  '': 'no unit',
}

/** A unit of UCUM, as OpenTelemetry sends it, in words: 'By' → 'bytes', '{connection}' → 'connection'. */
export const unitWord = (unit: string): string => unitNames[unit] ?? unit.replace(/[{}]/g, '')

/** A change: '+11.3 points' for ratios, '+85 %' for the rest. */
export function effect(value: number, unit: 'relative' | 'absolute', of = 'ratio'): string {
  const sign = value > 0 ? '+' : value < 0 ? '−' : '±'
  const size = Math.abs(value)
  if (unit === 'absolute') return of === 'ratio' ? `${sign}${digits(size * 100)} points` : `${sign}${inUnit(size, of)}`
  return size >= 4 ? `×${digits(1 + value)}` : `${sign}${digits(size * 100)} %`
}

export function probability(value: number): string {
  if (value < 1e-12) return '< 10⁻¹²'
  if (value < 0.001) {
    const [digit, power = ''] = value.toExponential(1).split('e-')
    return `${digit} × 10⁻${[...power].map((each) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(each)]).join('')}`
  }
  return String(Number(value.toPrecision(2)))
}

/** Seconds to '3 min', '2 h', '5 d'. */
export function duration(spanMs: number): string {
  const seconds = Math.round(Math.abs(spanMs) / 1000)
  if (seconds < 90) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 90) return `${minutes} min`
  const hours = minutes / 60
  if (hours < 36) return `${digits(hours, 2)} h`
  return `${digits(hours / 24, 2)} d`
}

export const ago = (iso: string, nowMs: number): string => {
  const spanMs = nowMs - Date.parse(iso)
  if (!Number.isFinite(spanMs)) return '–'
  if (Math.abs(spanMs) < 10_000) return spanMs < 0 ? 'in a moment' : 'just now'
  return spanMs >= 0 ? `${duration(spanMs)} ago` : `in ${duration(spanMs)}`
}

/** Seconds since a deploy on an axis: '+8 min', or '+30 s' where the whole axis is shorter than five minutes. */
export const sinceText = (seconds: number, axisS: number): string =>
  axisS < 300 ? `+${Math.round(seconds)} s` : `+${Math.round(seconds / 60)} min`

const zoneOption = (zone: Zone) => (zone === 'utc' ? { timeZone: 'UTC' } : {})

/** '22 Nov 14:05:09 UTC', whole and unmistakable. */
export function absolute(iso: string | number, zone: Zone): string {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return '–'
  const text = date.toLocaleString('en-GB', {
    ...zoneOption(zone),
    year: 'numeric',
    month: 'short',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  })
  return text.replace(',', '')
}

export function clockTime(iso: string | number, zone: Zone, withSeconds = false): string {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return '–'
  return date.toLocaleTimeString('en-GB', {
    ...zoneOption(zone),
    hour: '2-digit',
    minute: '2-digit',
    ...(withSeconds ? { second: '2-digit' } : {}),
  })
}

export function dayTime(iso: string | number, zone: Zone): string {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return '–'
  const day = date.toLocaleDateString('en-GB', { ...zoneOption(zone), day: '2-digit', month: 'short' })
  return `${day} ${clockTime(iso, zone)}`
}

/** Characters of a version beyond which its middle is left out. */
const LONGEST_VERSION = 32

/** Revisions are long; nine characters are enough for people. Of other versions only the very long are shortened, in the middle. */
export function short(version: string): string {
  if (/^[0-9a-f]{12,64}$/.test(version)) return version.slice(0, 9)
  return version.length > LONGEST_VERSION ? `${version.slice(0, LONGEST_VERSION - 7)}…${version.slice(-6)}` : version
}
