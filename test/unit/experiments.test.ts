import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { numberArgs, UsageError } from '../experiments/kills.ts'

const folder = join(import.meta.dirname, '../experiments')
const names = readdirSync(folder).filter((file) => /^e\d+\.ts$/.test(file))

describe('the options of experiments', () => {
  it('are numbers with defaults', () =>
    expect(numberArgs(['--rounds', '3'], { rounds: 40, seed: 1 })).toEqual({ rounds: 3, seed: 1 }))
  it('are listed for what cannot be used', () => {
    const asked = (...args: string[]) => numberArgs(args, { rounds: 40, seed: 1 })
    expect(() => asked('--round', '3')).toThrow("Unknown option '--round'; options: --rounds 40 --seed 1")
    expect(() => asked('--rounds', 'many')).toThrow('cannot use --rounds "many": it is no number; options: --rounds 40')
    expect(() => asked('--rounds', '')).toThrow('it is no number')
    expect(() => asked('3')).toThrow(UsageError)
  })
  it.each(names)('are told by %s for --help, which runs nothing', async (file) => {
    const { default: run } = (await import(join(folder, file))) as { default(args: string[]): Promise<void> }
    await expect(run(['--help'])).rejects.toThrow(/^Unknown option '--help'; options: /)
  })
})
