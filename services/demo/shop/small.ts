import { type Kit, type Routes, work } from './server.ts'

/** Baskets, in memory. */
export const cart = ({ random }: Kit): Routes => ({
  'POST /items': async ({ body }) => {
    await work(random, 4)
    return { status: 201, body: { sku: body.sku ?? null, quantity: body.quantity ?? 1 } }
  },
})

/** How many of a product are left. */
export const inventory = ({ random }: Kit): Routes => ({
  'GET /stock/:id': async ({ params }) => {
    await work(random, 6)
    return { status: 200, body: { sku: params[0], left: Math.floor(random() * 50) } }
  },
})

/**
 * The card network fails once in so many charges, first at this one. By count and not by chance, since the shop's history is drawn from
 * its first seconds: without a failure among those, the usual ones look as if the next deploy had brought them.
 */
const FAILS_EVERY = 60
const FAILS_FIRST = 20

/** Talks to a card network that is slow at times and fails now and then. */
export const payment = ({ random, telemetry }: Kit): Routes => {
  let charges = 0
  return {
    'POST /charges': async ({ body }) => {
      charges += 1
      const fails = charges % FAILS_EVERY === FAILS_FIRST
      await work(random, 35, 0.4)
      if (fails) throw new Error('card network did not answer')
      if (random() < 0.02) return { status: 402, body: { error: 'declined' } }
      telemetry.info(`charged ${body.amount} ${body.currency}`)
      return { status: 201, body: { charge: Math.floor(random() * 1e9) } }
    },
  }
}
