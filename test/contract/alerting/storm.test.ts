import { describe, expect, it } from 'vitest'
import type { Flaw } from '../../support/alerter-child.ts'
import { runStorm } from '../../support/delivery-storm.ts'
import { postgresMissing, startPostgres } from '../../support/postgres.ts'

const calm = { lost: [], doubled: [], outOfOrder: [], wrongDeadLetters: [], badSignatures: 0, goneDisabled: true }

describe('a receiver that fails and an alerter that is killed', () => {
  it('lose no message, repeat none but under its id, and keep the order (E11, short)', async () => {
    expect(await runStorm({ alerts: 20, kills: 4, seed: 3 })).toMatchObject(calm)
  }, 180_000)

  it('is seen where it does lose or double: two careless senders', async () => {
    const careless = (flaw: Flaw) => runStorm({ alerts: 10, kills: 1, seed: 5, flaw })
    expect((await careless('settles_first')).lost).not.toEqual([])
    expect((await careless('new_ids')).doubled).not.toEqual([])
  }, 240_000)

  const missing = postgresMissing()
  if (missing) process.stderr.write(`two alerters on one PostgreSQL: skipped, ${missing}\n`)
  it.skipIf(missing !== null)(
    'do so too where two alerters share one PostgreSQL and are killed in turn',
    async () => {
      const cluster = startPostgres()
      try {
        expect(await runStorm({ alerts: 20, kills: 4, seed: 4, stateUrl: cluster.url, processes: 2 })).toMatchObject(
          calm,
        )
      } finally {
        cluster.stop()
      }
    },
    240_000,
  )
})
