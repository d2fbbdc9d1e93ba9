import { count, plural } from '../../lib/format.ts'
import { useRead } from '../../lib/queries.ts'
import type { RunningSettings } from '../../lib/types.ts'
import { Facts, Section } from '../../ui/Bits.tsx'
import { Loaded } from '../../ui/Feedback.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { TryRedaction } from './TryRedaction.tsx'

type Rule = RunningSettings['redaction'][number]

const columns: Column<Rule>[] = [
  { key: 'finds', title: 'What is masked', by: (rule) => rule.finds, cell: (rule) => rule.finds },
  {
    key: 'masked',
    title: 'Spans and log records, last 24 h',
    number: true,
    by: (rule) => rule.masked_24h,
    cell: (rule) => count(rule.masked_24h),
  },
  { key: 'rule', title: 'Rule', wide: true, cell: (rule) => <code>{rule.rule}</code> },
]

/** How long things are kept, and what is masked before anything is. */
export function Kept() {
  const read = useRead<RunningSettings>('/system/settings', {}, { everyMs: false })
  return (
    <Loaded read={read}>
      {({ retention_days: days, redaction }) => (
        <>
          <Section title="Retention" note="PLUMBLINE_RETENTION_DAYS">
            <div className="card pad">
              <Facts
                items={[
                  ['Traces, logs, metric points', plural(days.raw, 'day')],
                  ['Rollups per minute', plural(days.rollups, 'day')],
                  ['Incidents, deliveries', plural(days.rollups, 'day')],
                  ['Verdicts, anomalies, deploys', 'for good'],
                ]}
              />
            </div>
          </Section>
          <Section title="Redaction" note="masked before anything is written; always on">
            <Table
              label="Redaction rules"
              columns={columns}
              rows={redaction}
              rowKey={(rule) => rule.rule}
              sort={{ key: 'masked', down: true }}
            />
            <TryRedaction />
          </Section>
        </>
      )}
    </Loaded>
  )
}
