const unitMs: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * Reads `90s`, `15m`, `2h`, `1d`; a bare number is seconds.
 * @throws Error that says what it takes
 */
export function durationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(s|m|h|d)?$/.exec(text.trim())
  if (!match) throw new Error(`cannot use "${text}" as a time span: write 90s, 15m, 2h or 1d`)
  return Number(match[1]) * (unitMs[match[2] ?? 's'] ?? 1000)
}

/**
 * A time as ISO 8601, or a span before now (`2h`).
 * @throws Error that says what it takes
 */
export function timeOf(text: string, nowMs: number): string {
  if (text === 'now') return new Date(nowMs).toISOString()
  if (/^\d+(?:\.\d+)?[smhd]$/.test(text)) return new Date(nowMs - durationMs(text)).toISOString()
  const atMs = Date.parse(text)
  if (Number.isNaN(atMs))
    throw new Error(`cannot use "${text}" as a time: write 2026-03-01T10:00:00Z, or 2h for two hours ago`)
  return new Date(atMs).toISOString()
}
