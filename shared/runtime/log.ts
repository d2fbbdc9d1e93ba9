import { type Logger, pino } from 'pino'

export type Log = Logger

/**
 * Plumbline's own log: JSON lines on standard output. Telemetry text never goes into a message: pass it as a field,
 * cut with `short`. Secrets are redacted by key.
 */
export function createLog(level: string, destination?: { write(line: string): void }): Log {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: ['secret', '*.secret', 'authorization', '*.authorization'], censor: '[REDACTED]' },
  }
  return destination ? pino(options, destination) : pino(options)
}

/** Cuts foreign text for a log field and takes control characters out of it. */
export function short(text: string, maxChars = 200): string {
  const plain = text.replace(/\p{Cc}/gu, ' ')
  return plain.length <= maxChars ? plain : `${plain.slice(0, maxChars - 1)}…`
}

export const silentLog = (): Log => pino({ level: 'silent' })
