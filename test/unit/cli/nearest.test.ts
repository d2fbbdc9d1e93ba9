import { describe, expect, it } from 'vitest'
import { nearest } from '../../../services/cli/nearest.ts'

const known = ['up', 'deploy', 'deploys', 'gate', 'doctor', 'services', 'detector']

describe('a misspelt word', () => {
  it('is told for the known one that it most likely stands for', () => {
    const meant = { deplyo: 'deploy', deplys: 'deploys', gaet: 'gate', docter: 'doctor', service: 'services', pu: 'up' }
    expect(Object.fromEntries(Object.keys(meant).map((typed) => [typed, nearest(typed, known)]))).toEqual(meant)
  })
  it('is told for none where it is like none', () => {
    for (const typed of ['', 'banana', 'x'.repeat(10_000)]) expect(nearest(typed, known)).toBeUndefined()
    expect(nearest('gate', [])).toBeUndefined()
  })
})
