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

/** Talks to a card network that is slow at times and fails now and then. */
export const payment = ({ random, telemetry }: Kit): Routes => ({
  'POST /charges': async ({ body }) => {
    await work(random, 35, 0.4)
    if (random() < 0.015) throw new Error('card network did not answer')
    if (random() < 0.02) return { status: 402, body: { error: 'declined' } }
    telemetry.info(`charged ${body.amount} ${body.currency}`)
    return { status: 201, body: { charge: Math.floor(random() * 1e9) } }
  },
})
