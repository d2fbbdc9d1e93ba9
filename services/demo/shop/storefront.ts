import { type Kit, type Reply, type Routes, work } from './server.ts'

const passOn = (reply: Reply): Reply =>
  reply.status >= 500 ? { status: 502, body: { error: 'try again later' } } : reply

/** What the customer's browser talks to. */
export const storefront = ({ call, random }: Kit): Routes => ({
  'GET /': async () => {
    await work(random, 3)
    return passOn(await call('catalog', 'GET', '/products'))
  },
  'GET /product/:id': async ({ params }) => {
    const [product, stock] = await Promise.all([
      call('catalog', 'GET', `/products/${params[0]}`),
      call('inventory', 'GET', `/stock/${params[0]}`),
    ])
    return passOn(
      product.status >= 500
        ? product
        : stock.status >= 500
          ? stock
          : { status: product.status, body: { product: product.body, stock: stock.body } },
    )
  },
  'POST /cart': async ({ body }) => passOn(await call('cart', 'POST', '/items', body)),
  'POST /checkout': async ({ body }) => {
    await work(random, 2)
    return passOn(await call('checkout', 'POST', '/orders', body))
  },
})
