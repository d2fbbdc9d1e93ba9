import { closeSync, createReadStream, createWriteStream, mkdirSync, openSync, readSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { fieldsOf, parseJson } from './lib/cases.ts'

/** The lines of a text file, without a byte order mark; gzip is known by its first bytes. */
export async function* readLines(path: string): AsyncGenerator<string> {
  const raw = createReadStream(path)
  const unpack = createGunzip()
  raw.on('error', (error) => unpack.destroy(error))
  const input = isGzip(path) ? raw.pipe(unpack) : raw
  let first = true
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    yield first ? line.replace(/^\uFEFF/, '') : line
    first = false
  }
}

function isGzip(path: string): boolean {
  const start = Buffer.alloc(2)
  const file = openSync(path, 'r')
  try {
    return readSync(file, start) === 2 && start.readUInt16BE() === 0x1f8b
  } finally {
    closeSync(file)
  }
}

/** The fields of one JSON object a line; empty lines are skipped, and lines that are none are told on stderr. */
export async function* readCases(path: string): AsyncGenerator<Record<string, unknown>> {
  let at = 0
  for await (const line of readLines(path)) {
    at += 1
    if (line.trim() === '') continue
    const value = parseJson(line)
    if (value === undefined) process.stderr.write(`${path}: line ${at} is no JSON and is left out\n`)
    else yield fieldsOf(value)
  }
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
