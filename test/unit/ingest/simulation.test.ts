import { describe, expect, it } from 'vitest'
import { IngestSimulation } from '../../support/ingest-simulation.ts'

describe('ingest in a simulated machine', () => {
  it('stores every acknowledged item once over power cuts, failing disks, damaged seals and an engine that comes and goes', async () => {
    const total = { crashes: 0, spilled: 0, damaged: 0 }
    for (let seed = 1; seed <= 20; seed++) {
      const outcome = await new IngestSimulation(seed).run(100)
      total.crashes += outcome.crashes
      total.spilled += outcome.spilled
      total.damaged += outcome.damaged
    }
    expect(total.crashes).toBeGreaterThan(20)
    expect(total.spilled).toBeGreaterThan(20)
    expect(total.damaged).toBeGreaterThan(10)
  })
})
