import { createReadStream, createWriteStream, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'

/** The lines of a text file; `.gz` is unpacked. */
export function readLines(path: string): AsyncIterable<string> {
  const raw = createReadStream(path)
  const input = path.endsWith('.gz') ? raw.pipe(createGunzip()) : raw
  return createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
}

/** One parsed JSON value a line; empty lines are skipped. */
export async function* readJson<T>(path: string): AsyncGenerator<T> {
  for await (const line of readLines(path)) if (line.trim() !== '') yield JSON.parse(line) as T
}

export type Writer = { line(value: unknown): void; raw(text: string): void; end(): Promise<void> }

/** Writes a text file line by line; folders are made. */
export function writeTo(path: string): Writer {
  mkdirSync(dirname(path), { recursive: true })
  const out = createWriteStream(path)
  return {
    line: (value) => void out.write(`${JSON.stringify(value)}\n`),
    raw: (text) => void out.write(text),
    end: () => new Promise((done, fail) => out.on('error', fail).end(done)),
  }
}
