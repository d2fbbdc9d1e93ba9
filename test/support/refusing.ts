import type { Store } from '../../shared/store/store.ts'

/** A store that refuses once to `insert` into the table, or to read what `sql` says. */
export function refusingOnce(of: Store, at: { insert: string } | { rows: RegExp }): Store & { refused: boolean } {
  const store = {
    ...of,
    refused: false,
    insert: async (table: string, rows: readonly Record<string, unknown>[]) => {
      if ('insert' in at && table === at.insert && rows.length > 0) refuse()
      return of.insert(table, rows)
    },
    rows: async <T>(...[sql, ...more]: Parameters<Store['rows']>): Promise<T[]> => {
      if ('rows' in at && at.rows.test(sql)) refuse()
      return of.rows<T>(sql, ...more)
    },
  }
  const refuse = () => {
    if (store.refused) return
    store.refused = true
    throw new Error('cannot do this now')
  }
  return store
}
