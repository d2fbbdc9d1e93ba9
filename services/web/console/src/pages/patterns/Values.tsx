import { now } from '../../lib/clock.ts'
import { compact, percent, plural, short } from '../../lib/format.ts'
import { useRead, useWindowed } from '../../lib/queries.ts'
import { spanOf } from '../../lib/range.ts'
import type { DeployMark, LogPattern, Page, PatternValues } from '../../lib/types.ts'
import { useSearch, useSetSearch } from '../../lib/useSearch.ts'
import { Loaded } from '../../ui/Feedback.tsx'
import { contextsOf, listed, numberWords, type Sample, sampleWords } from './slots.ts'

function SlotValues({ sample, index }: { sample: Sample; index: number }) {
  const slot = sample.slots[index]
  if (!slot || sample.lines === 0) return <p className="faint">no line</p>
  const numbers = numberWords(slot)
  const values = listed(slot)
  const rest = slot.distinct - values.length
  return (
    <>
      {numbers && <p>{numbers}</p>}
      {values.length > 0 && (
        <ul className="slot-values">
          {values.map(({ value, count }) => (
            <li key={value}>
              <code>{value || '(empty)'}</code>
              <span className="faint">
                {compact(count)} · {percent(count / sample.lines)}
              </span>
            </li>
          ))}
        </ul>
      )}
      {rest > 0 && (
        <p className="faint">{values.length > 0 ? `and ${plural(rest, 'other value')}` : plural(rest, 'value')}</p>
      )}
    </>
  )
}

function Slots({ values, version }: { values: PatternValues; version: string }) {
  const slots = values.samples[0]?.slots.length ?? 0
  if (values.samples.every((sample) => sample.lines === 0))
    return <p className="faint">None of its lines is in this window any more, or none can be read back.</p>
  if (slots === 0) return <p className="faint">Nothing varies in this pattern.</p>
  const contexts = contextsOf(values.template, slots)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard
    <section className="slot-scroll" aria-label="Values by slot" tabIndex={0}>
      <table className="slots">
        <thead>
          <tr>
            <th scope="col">Slot</th>
            {values.samples.map((sample) => (
              <th key={sample.of} scope="col">
                {sampleWords(sample, version)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: slots }, (_, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a slot is its place
            <tr key={index}>
              <th scope="row">
                {contexts ? (
                  <code>
                    {contexts[index]!.before}
                    <span className="slot">{'<*>'}</span>
                    {contexts[index]!.after}
                  </code>
                ) : (
                  `${index + 1} of ${slots}`
                )}
              </th>
              {values.samples.map((sample) => (
                <td key={sample.of}>
                  <SlotValues sample={sample} index={index} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

const NONE = 'none'

/** What stands in the slots of a pattern, before and since the last deploy of the window unless another is chosen. */
export function Values({ pattern }: { pattern: LogPattern }) {
  const search = useSearch()
  const set = useSetSearch()
  const { service, pattern_id: id } = pattern
  const deploys = useRead<Page<DeployMark>>('/deploys', { service, environment: search.env, limit: 50 })
  const span = spanOf(search, now())
  const inside = (deploys.data?.items ?? []).filter(({ started_at }) => {
    const atMs = Date.parse(started_at)
    return atMs > span.fromMs + 60_000 && atMs < span.toMs - 60_000
  })
  const chosen = search.split === NONE ? undefined : (inside.find((one) => one.id === search.split) ?? inside[0])
  const read = useWindowed<PatternValues>(
    `/services/${encodeURIComponent(service)}/logs/patterns/${encodeURIComponent(id)}/values`,
    search,
    { environment: search.env, split: chosen?.started_at },
    { enabled: deploys.data !== undefined || deploys.error !== null },
  )
  return (
    <div className="values">
      {inside.length > 0 && (
        <label className="split">
          Before and since{' '}
          <select value={chosen?.id ?? NONE} onChange={(event) => set({ split: event.target.value }, true)}>
            {inside.map((deploy) => (
              <option key={deploy.id} value={deploy.id}>
                {short(deploy.version)}
              </option>
            ))}
            <option value={NONE}>no deploy</option>
          </select>
        </label>
      )}
      <Loaded read={read} lines={3}>
        {(values) => <Slots values={values} version={short(chosen?.version ?? '')} />}
      </Loaded>
    </div>
  )
}
