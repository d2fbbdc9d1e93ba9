import { count, effect, short } from '../../lib/format.ts'
import type { Checked, Finding, Suspect, Verdict } from '../../lib/types.ts'
import { dimensionWord, effectUnitOf, signalWord, type Word } from '../../lib/words.ts'
import { Badge } from '../../ui/Badge.tsx'
import { DeployLink, ServiceLink } from '../../ui/Bits.tsx'
import { type Column, Table } from '../../ui/Table.tsx'

const outcomes: Record<Checked['outcome'], Word> = {
  finding: { word: 'Differs', tone: 'bad', mark: 'cross', means: 'A finding' },
  thin: { word: 'Too thin', tone: 'thin', mark: 'sand', means: 'Too few to compare' },
  skipped: { word: 'Skipped', tone: 'calm', mark: 'dash', means: 'Not compared' },
  pass: { word: 'As before', tone: 'good', mark: 'check', means: 'Inside what was expected' },
}
const order: Checked['outcome'][] = ['finding', 'thin', 'skipped', 'pass']

const smallest = (row: Checked): string =>
  row.smallest_effect === null ? '–' : effect(row.smallest_effect, effectUnitOf(row.signal))

type Row = Checked & { of: string }

const columns: Column<Row>[] = [
  {
    key: 'outcome',
    title: 'Outcome',
    by: (row) => order.indexOf(row.outcome),
    cell: (row) => <Badge word={outcomes[row.outcome]} />,
  },
  { key: 'signal', title: 'Signal', by: (row) => row.signal, cell: (row) => signalWord(row.signal) },
  {
    key: 'dimension',
    title: 'Of',
    by: (row) => row.of,
    cell: (row) => <code>{row.of}</code>,
  },
  {
    key: 'n',
    title: 'n before → after',
    number: true,
    by: (row) => row.n.current,
    cell: (row) => `${count(row.n.baseline)} → ${count(row.n.current)}`,
  },
  { key: 'smallest', title: 'Would have seen', number: true, by: (row) => row.smallest_effect, cell: smallest },
  { key: 'reason', title: 'Why', cell: (row) => row.reason, wide: true },
]

/** Every series that was looked at: a silence says what it rests on. What has an id for a name is told as its finding is. */
export function CheckedTable({ checked, findings }: { checked: Checked[]; findings: Finding[] }) {
  const labels = new Map(findings.map((finding) => [finding.dimension, finding.label]))
  const sorted = checked
    .map((row) => ({ ...row, of: labels.get(row.dimension) ?? dimensionWord(row.dimension) }))
    .sort((a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome))
  return (
    <div className="checked">
      <Table
        label="What was checked"
        columns={columns}
        rows={sorted}
        rowKey={(row) => `${row.signal}|${row.dimension}|${row.reason}`}
        empty="Nothing has been compared yet."
      />
    </div>
  )
}

/** What the comparison could have seen, and what it lacks. */
export function Power({ verdict }: { verdict: Verdict }) {
  const { power } = verdict
  const seen = [
    power.smallest_error_ratio === null ? null : `errors ${effect(power.smallest_error_ratio, 'absolute')}`,
    power.smallest_latency === null ? null : `latency ${effect(power.smallest_latency, 'relative')}`,
  ].filter(Boolean)
  return (
    <section className="card pad side-card" aria-label="Power">
      <h2>Power</h2>
      <p>
        {seen.length > 0
          ? `The smallest changes that would have been seen: ${seen.join(' and ')}.`
          : 'Too few requests to have seen any change of a sensible size.'}
      </p>
      {power.needs && (
        <p>
          Still needed: <strong>{power.needs}</strong>.
        </p>
      )}
      <p className="faint">
        From {count(power.requests.baseline)} requests before and {count(power.requests.current)} after.
      </p>
    </section>
  )
}

/** Deploys that could have done it, best first, with what speaks for and against each. */
export function Suspects({ suspects, own }: { suspects: Suspect[]; own: string | null }) {
  if (suspects.length === 0) return null
  return (
    <section className="card pad side-card" aria-label="Suspects">
      <h2>Suspects</h2>
      <ol className="plain-list suspects">
        {suspects.map((suspect) => (
          <li key={suspect.deploy_id}>
            <div className="suspect-head">
              <span>
                <ServiceLink service={suspect.service} />{' '}
                <DeployLink id={suspect.deploy_id} version={suspect.version} commit={suspect.commit} />
              </span>
              <span className="faint nowrap">
                {suspect.deploy_id === own ? 'this deploy, ' : ''}score {suspect.score.toFixed(2)}
              </span>
            </div>
            <meter
              min={0}
              max={1}
              value={suspect.score}
              aria-label={`Score of ${suspect.service} ${short(suspect.version)}`}
            />
            <ul>
              {suspect.evidence.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </section>
  )
}
