import { compact, effect, ms, percent } from '../../lib/format.ts'
import type { Compare } from '../../lib/types.ts'
import { Section } from '../../ui/Bits.tsx'
import { type Column, Table } from '../../ui/Table.tsx'

type Attributes = NonNullable<Compare['attributes']>
type Difference = Attributes['all'][number]

const share = (count: number, of: number) => (
  <>
    {percent(of)} <span className="faint">n {compact(count)}</span>
  </>
)

const columns: Column<Difference>[] = [
  {
    key: 'value',
    title: 'Attribute',
    by: (row) => `${row.key} ${row.value}`,
    cell: (row) => (
      <>
        <code>{row.key}</code> = <code>{row.value === '' ? '(empty)' : row.value}</code>
      </>
    ),
  },
  { key: 'b', title: 'B', number: true, by: (row) => row.b_share, cell: (row) => share(row.b, row.b_share) },
  { key: 'a', title: 'A', number: true, by: (row) => row.a_share, cell: (row) => share(row.a, row.a_share) },
  {
    key: 'difference',
    title: 'Difference',
    number: true,
    by: (row) => Math.abs(row.difference),
    cell: (row) => (
      <>
        <strong>{effect(row.difference, 'absolute')}</strong>
        <div className="faint nowrap">
          {effect(row.lower, 'absolute').replace(' points', '')} … {effect(row.upper, 'absolute')}
        </div>
      </>
    ),
  },
]

const lookedAt = (counts: { a: number; b: number }) => `n ${compact(counts.a)} of A, ${compact(counts.b)} of B`

/** Which attribute values the requests of one side have more often, of all of them and of the bad ones. */
export function AttributeDifferences({ attributes }: { attributes: Compare['attributes'] }) {
  if (!attributes)
    return (
      <Section title="Attribute values">
        <p className="faint">
          They could not be looked up in time: the engine is busy. This page tries again in a minute.
        </p>
      </Section>
    )
  const { looked_at, bad, slow_ms } = attributes
  const badly = slow_ms === null ? 'that failed' : `that failed, or took longer than ${ms(slow_ms)} (p95 of B)`
  const none = (counts: { a: number; b: number }) =>
    counts.a === 0 || counts.b === 0 ? 'No such requests on one side.' : 'No value differs by more than chance may.'
  return (
    <div className="charts">
      <Section title="Attribute values" note={`of all requests looked at: ${lookedAt(looked_at)}`}>
        <Table
          label="Attribute values of all requests"
          columns={columns}
          rows={attributes.all}
          rowKey={(row) => `${row.key}\n${row.value}`}
          empty={none(looked_at)}
        />
      </Section>
      <Section title="Attribute values of bad requests" note={`${badly}: ${lookedAt(bad)}`}>
        <Table
          label="Attribute values of bad requests"
          columns={columns}
          rows={attributes.among_bad}
          rowKey={(row) => `${row.key}\n${row.value}`}
          empty={none(bad)}
        />
      </Section>
    </div>
  )
}
