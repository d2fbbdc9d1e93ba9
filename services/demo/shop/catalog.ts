import Database from 'libsql'
import { type Kit, type Routes, work } from './server.ts'

function openProducts() {
  const db = new Database(':memory:')
  db.exec(
    'CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price_cents INTEGER NOT NULL, shelf INTEGER NOT NULL)',
  )
  db.exec(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO products SELECT i, 'product ' || i, 500 + i % 9000, i % 40 FROM n",
  )
  db.exec('CREATE INDEX products_by_shelf ON products (shelf)')
  return db
}

/** Products and prices. */
export const catalog = ({ random }: Kit): Routes => {
  const db = openProducts()
  return {
    'GET /products': async () => {
      await work(random, 6)
      return {
        status: 200,
        body: db
          .prepare('SELECT id, name, price_cents FROM products WHERE shelf = ? LIMIT 20')
          .all(Math.floor(random() * 40)),
      }
    },
    'GET /products/:id': async ({ params }) => {
      await work(random, 5)
      const product = db.prepare('SELECT id, name, price_cents FROM products WHERE id = ?').get(Number(params[0]))
      return product ? { status: 200, body: product } : { status: 404, body: {} }
    },
  }
}

/** The same with its statements prepared once: a change that nobody should notice. */
export const catalogPrepared = ({ random }: Kit): Routes => {
  const db = openProducts()
  const byShelf = db.prepare('SELECT id, name, price_cents FROM products WHERE shelf = ? LIMIT 20')
  const byId = db.prepare('SELECT id, name, price_cents FROM products WHERE id = ?')
  return {
    'GET /products': async () => {
      await work(random, 6)
      return { status: 200, body: byShelf.all(Math.floor(random() * 40)) }
    },
    'GET /products/:id': async ({ params }) => {
      await work(random, 5)
      const product = byId.get(Number(params[0]))
      return product ? { status: 200, body: product } : { status: 404, body: {} }
    },
  }
}
