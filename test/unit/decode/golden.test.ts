import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decode } from './support/otlp.ts'

const golden = (name: string): URL => new URL(`../../golden/otlp/${name}`, import.meta.url)

/** test/golden/otlp: a request and the rows that it becomes. `npx vitest run test/unit/decode/golden -u` writes the rows anew. */
describe('the example requests', () => {
  it.each(['traces', 'logs', 'metrics'] as const)('of %s become the golden rows', async (signal) => {
    const result = decode(signal, readFileSync(golden(`${signal}.json`), 'utf8'))
    const plain = (_: string, value: unknown) =>
      typeof value === 'bigint' || Number.isNaN(value) ? String(value) : value
    await expect(`${JSON.stringify(result, plain, 2)}\n`).toMatchFileSnapshot(golden(`${signal}.golden.json`).pathname)
  })
})
