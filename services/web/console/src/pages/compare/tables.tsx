import type { ReactNode } from 'react'
import { compact, effect, inUnit, ms, percent } from '../../lib/format.ts'
import type { Compare } from '../../lib/types.ts'
import { Section } from '../../ui/Bits.tsx'
import { type Column, Table } from '../../ui/Table.tsx'

type Figures = Compare['routes'][number]['a']
type Both = { name: string; a: Figures; b: Figures }

const show = (value: number | null | undefined, text: (value: number) => string): string =>
  value === null || value === undefined ? '–' : text(value)

/** 'B → A', with the change beneath. */
function Pair({
  a,
  b,
  text,
  change,
}: {
  a: number | null | undefined
  b: number | null | undefined
  text: (value: number) => string
  change: 'relative' | 'absolute'
}) {
  const known = typeof a === 'number' && typeof b === 'number'
  const size = known ? (change === 'absolute' ? a - b : b === 0 ? 0 : a / b - 1) : 0
  return (
    <>
      {show(b, text)} → <strong>{show(a, text)}</strong>
      {known && Math.abs(size) > (change === 'absolute' ? 0.001 : 0.05) && (
        <div className="faint">{effect(size, change)}</div>
      )}
    </>
  )
}

const presence = (row: { a: unknown; b: unknown }): string => (row.a && row.b ? '' : row.a ? 'new in A' : 'gone in A')

function figureColumns(title: string, what: string): Column<Both>[] {
  return [
    {
      key: 'name',
      title,
      by: (row) => row.name,
      cell: (row) => (
        <>
          <code>{row.name}</code> <span className="faint">{presence(row)}</span>
        </>
      ),
    },
    {
      key: 'requests',
      title: `${what}, B → A`,
      number: true,
      by: (row) => row.a?.requests ?? 0,
      cell: (row) => <Pair a={row.a?.requests} b={row.b?.requests} text={compact} change="relative" />,
    },
    {
      key: 'errors',
      title: 'Errors',
      number: true,
      by: (row) => (row.a?.error_ratio ?? 0) - (row.b?.error_ratio ?? 0),
      cell: (row) => <Pair a={row.a?.error_ratio} b={row.b?.error_ratio} text={percent} change="absolute" />,
    },
    {
      key: 'p50',
      title: 'p50',
      number: true,
      by: (row) => row.a?.latency_p50_ms ?? null,
      cell: (row) => <Pair a={row.a?.latency_p50_ms} b={row.b?.latency_p50_ms} text={ms} change="relative" />,
    },
    {
      key: 'p99',
      title: 'p99',
      number: true,
      by: (row) => row.a?.latency_p99_ms ?? null,
      cell: (row) => <Pair a={row.a?.latency_p99_ms} b={row.b?.latency_p99_ms} text={ms} change="relative" />,
    },
  ]
}

type Counted = { key: string; name: ReactNode; text: string; a: number; b: number }

const countColumns = (title: string): Column<Counted>[] => [
  { key: 'name', title, by: (row) => row.text, cell: (row) => row.name },
  { key: 'b', title: 'B', number: true, by: (row) => row.b, cell: (row) => compact(row.b) },
  { key: 'a', title: 'A', number: true, by: (row) => row.a, cell: (row) => <strong>{compact(row.a)}</strong> },
  {
    key: 'word',
    title: '',
    cell: (row) => <span className="nowrap">{presence({ a: row.a > 0, b: row.b > 0 })}</span>,
  },
]

type Metric = Compare['metrics'][number]

const metricColumns: Column<Metric>[] = [
  { key: 'metric', title: 'Metric', by: (row) => row.metric, cell: (row) => <code>{row.metric}</code> },
  { key: 'kind', title: 'Kind', cell: (row) => row.kind },
  {
    key: 'value',
    title: 'Mean, B → A',
    number: true,
    cell: (row) => <Pair a={row.a} b={row.b} text={(value) => inUnit(value, row.unit)} change="relative" />,
  },
]

/** What differs beneath the signals, by route, dependency, exception, log pattern and metric. */
export function Differences({ compare }: { compare: Compare }) {
  const exceptions = compare.exceptions.map(
    (row): Counted => ({ key: row.type, name: <code>{row.type}</code>, text: row.type, a: row.a, b: row.b }),
  )
  const patterns = compare.log_patterns.map(
    (row): Counted => ({
      key: row.pattern_id,
      name: (
        <>
          <span className="faint">{row.severity}</span> <code>{row.template}</code>
        </>
      ),
      text: row.template,
      a: row.a,
      b: row.b,
    }),
  )
  return (
    <>
      <Section title="Routes">
        <Table
          label="Routes"
          columns={figureColumns('Route', 'Requests')}
          rows={compare.routes.map((row) => ({ name: row.route, a: row.a, b: row.b }))}
          rowKey={(row) => row.name}
        />
      </Section>
      <Section title="Dependencies">
        <Table
          label="Dependencies"
          columns={figureColumns('Calls to', 'Calls')}
          rows={compare.dependencies.map((row) => ({ name: row.peer, a: row.a, b: row.b }))}
          rowKey={(row) => row.name}
        />
      </Section>
      <div className="charts">
        <Section title="Exceptions">
          <Table
            label="Exceptions"
            columns={countColumns('Exception')}
            rows={exceptions}
            rowKey={(row) => row.key}
            empty="None on either side."
          />
        </Section>
        <Section title="Log patterns">
          <Table
            label="Log patterns"
            columns={countColumns('Pattern')}
            rows={patterns}
            rowKey={(row) => row.key}
            empty="None on either side."
          />
        </Section>
      </div>
      <Section title="Metrics">
        <Table
          label="Metrics"
          columns={metricColumns}
          rows={compare.metrics}
          rowKey={(row) => `${row.metric} ${row.kind} ${row.unit}`}
          empty="No metrics on either side."
        />
      </Section>
    </>
  )
}
