import { api } from '@opentelemetry/sdk-node'
import { type Kit, type Reply, type Request, type Routes, work } from './server.ts'

/** Takes stock, charges the card, answers the order. `totalOf` is what the releases differ in. */
function orders(
  { call, random, telemetry }: Kit,
  totalOf: (request: Request) => { amount: number; currency: string },
): Routes {
  return {
    'POST /orders': async (request): Promise<Reply> => {
      api.trace.getActiveSpan()?.setAttribute('order.currency', String(request.body.currency ?? 'EUR'))
      await work(random, 5)
      const { amount, currency } = totalOf(request)
      const stock = await call('inventory', 'GET', `/stock/${request.body.sku}`)
      if (stock.status >= 500) return { status: 502, body: { error: 'no stock information' } }
      const charge = await call('payment', 'POST', '/charges', { amount, currency })
      if (charge.status >= 500) return { status: 502, body: { error: 'payment is not available' } }
      telemetry.info(`order of ${request.body.quantity} for ${amount} ${currency}`)
      return { status: charge.status === 402 ? 402 : 201, body: { amount, currency } }
    },
    'GET /quotes/:sku': async ({ params }) => {
      await work(random, 4)
      return { status: 200, body: { sku: params[0], amount: 1999 } }
    },
  }
}

/** Everything is charged in euro. */
export const checkout = (kit: Kit): Routes =>
  orders(kit, ({ body }) => ({ amount: 1999 * Number(body.quantity ?? 1), currency: 'EUR' }))

const rates: Record<string, { perEuro: number }> = {
  EUR: { perEuro: 1 },
  USD: { perEuro: 1.08 },
  GBP: { perEuro: 0.86 },
}

/** Totals in the customer's currency. The table lacks some currencies, and nobody checks. */
export const checkoutCurrencies = (kit: Kit): Routes =>
  orders(kit, ({ body }) => {
    const currency = String(body.currency ?? 'EUR')
    const { perEuro } = rates[currency]!
    return { amount: Math.round(1999 * Number(body.quantity ?? 1) * perEuro), currency }
  })
