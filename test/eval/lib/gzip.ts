import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** The text of a file, unpacked if it is gzip, without a byte order mark. */
export function readText(path: string): string {
  const bytes = readFileSync(path)
  return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8').replace(/^\uFEFF/, '')
}
