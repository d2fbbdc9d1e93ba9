/** The severity of a line in one word. Pure. */
import type { LogLine } from '../../lib/types.ts'

/** The levels that the search knows, the mildest first. */
export const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']

/** 'trace' … 'fatal' by the ranges of OpenTelemetry's severity numbers; without a number what the line says itself. */
export function levelOf(line: Pick<LogLine, 'severity' | 'severity_number'>): string {
  const number = line.severity_number
  if (number >= 21) return 'fatal'
  if (number >= 17) return 'error'
  if (number >= 13) return 'warn'
  if (number >= 9) return 'info'
  if (number >= 5) return 'debug'
  return number >= 1 ? 'trace' : line.severity.toLowerCase() || 'log'
}
