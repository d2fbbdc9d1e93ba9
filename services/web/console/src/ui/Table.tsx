import { type ReactNode, useState } from 'react'

export type Column<T> = {
  key: string
  title: string
  /** Right aligned, tabular figures. */
  number?: boolean
  /** What to sort by; without it the column does not sort. */
  by?: (row: T) => number | string | null
  cell: (row: T) => ReactNode
  /** Hidden below 1100 pixels. */
  wide?: boolean
}

type Sort = { key: string; down: boolean }

function sorted<T>(rows: T[], columns: Column<T>[], sort: Sort | null): T[] {
  const by = sort ? columns.find((column) => column.key === sort.key)?.by : undefined
  if (!by || !sort) return rows
  const sign = sort.down ? -1 : 1
  return [...rows].sort((a, b) => {
    const left = by(a)
    const right = by(b)
    if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1
    return left < right ? -sign : left > right ? sign : 0
  })
}

function Head<T>({ column, sort, onSort }: { column: Column<T>; sort: Sort | null; onSort: (sort: Sort) => void }) {
  const active = sort?.key === column.key
  const className = [column.number ? 'num' : '', column.wide ? 'wide' : ''].join(' ').trim()
  if (!column.by) {
    return (
      <th className={className} scope="col">
        {column.title}
      </th>
    )
  }
  const next = { key: column.key, down: active ? !sort.down : column.number === true }
  return (
    <th className={className} scope="col" aria-sort={active ? (sort.down ? 'descending' : 'ascending') : 'none'}>
      <button type="button" onClick={() => onSort(next)}>
        {column.title}
        <span aria-hidden="true">{active ? (sort.down ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </th>
  )
}

type Props<T> = {
  label: string
  columns: Column<T>[]
  rows: T[]
  rowKey: (row: T) => string
  sort?: Sort
  empty?: ReactNode
  rowClass?: (row: T) => string
}

/** A plain table that sorts, scrolls inside itself and names itself. */
export function Table<T>({ label, columns, rows, rowKey, sort: first, empty, rowClass }: Props<T>) {
  const [sort, setSort] = useState<Sort | null>(first ?? null)
  if (rows.length === 0) return <div className="table-empty">{empty ?? 'Nothing in this window.'}</div>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard
    <section className="table-scroll" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.key} column={column} sort={sort} onSort={setSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted(rows, columns, sort).map((row) => (
            <tr key={rowKey(row)} className={rowClass?.(row)}>
              {columns.map((column) => (
                <td key={column.key} className={`${column.number ? 'num' : ''}${column.wide ? ' wide' : ''}`}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
