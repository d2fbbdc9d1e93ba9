import { catalog, catalogPrepared } from './catalog.ts'
import { checkout, checkoutCurrencies } from './checkout.ts'
import type { Kit, Routes } from './server.ts'
import { cart, inventory, payment } from './small.ts'
import { storefront } from './storefront.ts'

export type Release = { version: string; commit: string; message: string; routes: (kit: Kit) => Routes }

const first = (version: string, commit: string, routes: Release['routes']): Release => ({
  version,
  commit,
  message: 'first release',
  routes,
})

/** What can be deployed: per service, in order of release. */
export const releases: Record<string, Release[]> = {
  storefront: [first('3.2.0', '4be1a7c09d52f86e31b7a90c6d15e2f84a73b960', storefront)],
  catalog: [
    first('2.3.0', '9c02d4e7715fa8b36e40c18d92fb5a6730e1d8c4', catalog),
    {
      version: '2.3.1',
      commit: '57d8f0b2e94c61a73f5d20e8b16c97a40d3e82fb',
      message: 'catalog: prepare statements once',
      routes: catalogPrepared,
    },
  ],
  cart: [first('1.1.4', 'd13f6ab05c7e92481fd06b3ea5c9708412fb6ed7', cart)],
  checkout: [
    first('1.8.0', '2a96e5d1f03b7c84e95a6d20b18fc73459e0ad6b', checkout),
    {
      version: '1.9.0',
      commit: 'e7c41f9a6b25d08371fe9ac4d6502b8f13c7a094',
      message: "checkout: totals in the customer's currency",
      routes: checkoutCurrencies,
    },
  ],
  payment: [first('4.0.2', 'b60c9d37ea1f5824c7d0936fb2e8a51470d9c3ef', payment)],
  inventory: [first('1.5.1', '08f5b2c6d94e7a13805bc2fe61d97a4038e6b7d1', inventory)],
}
