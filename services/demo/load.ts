import type { Clock } from '../../shared/runtime/clock.ts'
import type { Call } from './shop/server.ts'

export type Load = { stop(): Promise<void> }

const currencies = ['EUR', 'EUR', 'EUR', 'EUR', 'EUR', 'USD', 'USD', 'GBP', 'SEK', 'NOK']

function nextRequest(random: () => number): { method: string; path: string; body?: unknown } {
  const sku = 1 + Math.floor(random() * 5000)
  const dice = random()
  if (dice < 0.25) return { method: 'GET', path: '/' }
  if (dice < 0.5) return { method: 'GET', path: `/product/${sku}` }
  if (dice < 0.65) return { method: 'POST', path: '/cart', body: { sku, quantity: 1 } }
  const currency = currencies[Math.floor(random() * currencies.length)]
  return { method: 'POST', path: '/checkout', body: { sku, quantity: 1 + Math.floor(random() * 3), currency } }
}

/** Customers: requests at random moments at a mean rate, each on its own, whether or not the last was answered. */
export function startLoad(o: { call: Call; perSecond: number; clock: Clock; random: () => number }): Load {
  const abort = new AbortController()
  const inFlight = new Set<Promise<void>>()
  const send = async () => {
    const { method, path, body } = nextRequest(o.random)
    // What customers get is told by the shop's own telemetry.
    await o.call('storefront', method, path, body).catch(() => {})
  }
  const done = (async () => {
    while (!abort.signal.aborted) {
      await o.clock.sleep((-Math.log(1 - o.random()) * 1000) / o.perSecond, abort.signal)
      if (inFlight.size > 200) continue
      const request: Promise<void> = send().finally(() => inFlight.delete(request))
      inFlight.add(request)
    }
  })()
  return {
    stop: async () => {
      abort.abort()
      await done
      await Promise.all(inFlight)
    },
  }
}
