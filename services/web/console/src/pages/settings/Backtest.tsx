import { useState } from 'react'
import type { Replay } from '../../../../api/schemas.ts'
import { now } from '../../lib/clock.ts'
import { count, percent, plural } from '../../lib/format.ts'
import { useRead } from '../../lib/queries.ts'
import type { Verdict } from '../../lib/types.ts'
import { useWrite } from '../../lib/writes.ts'
import { VerdictBadge } from '../../ui/Badge.tsx'
import { DeployLink } from '../../ui/Bits.tsx'
import { Loaded } from '../../ui/Feedback.tsx'
import { Said } from '../../ui/Said.tsx'
import { type Column, Table } from '../../ui/Table.tsx'

const days = ['1', '3', '7', '14']

const columns: Column<Verdict>[] = [
  {
    key: 'deploy',
    title: 'Deploy',
    cell: (verdict) => <DeployLink id={verdict.deploy_id} version={verdict.version} commit={verdict.commit} />,
  },
  { key: 'service', title: 'Service', by: (verdict) => verdict.service, cell: (verdict) => verdict.service },
  {
    key: 'verdict',
    title: 'Would have been',
    by: (verdict) => verdict.verdict,
    cell: (verdict) => <VerdictBadge verdict={verdict.verdict} />,
  },
  { key: 'reason', title: 'Why', cell: (verdict) => verdict.reason },
]

type Placebo = NonNullable<Replay['placebo']>
type Rate = Placebo['by_sensitivity'][number]

const rateColumns: Column<Rate>[] = [
  { key: 'sensitivity', title: 'Sensitivity', cell: (rate) => rate.sensitivity },
  { key: 'judged', title: 'Moments judged', number: true, cell: (rate) => count(rate.judged) },
  { key: 'blamed', title: 'Blamed by mistake', number: true, cell: (rate) => count(rate.regressed) },
  {
    key: 'share',
    title: 'Share',
    number: true,
    cell: (rate) => (rate.judged === 0 ? 'too little history' : percent(rate.regressed / rate.judged)),
  },
]

/** How often this history would have been blamed on a deploy that was not there. */
function FalseAlarms({ placebo }: { placebo: Placebo }) {
  const { anomalies, services } = placebo.without_deploy
  return (
    <>
      <h3>False alarms on this history</h3>
      <p>
        Moments without a deploy, judged as if there had been one: whatever is blamed there is a mistake. Besides,{' '}
        {plural(anomalies, 'harmful anomaly', 'harmful anomalies')} without a deploy in {plural(services, 'service')}{' '}
        would have been told.
      </p>
      <Table
        label="False alarms by sensitivity"
        columns={rateColumns}
        rows={placebo.by_sensitivity}
        rowKey={(rate) => rate.sensitivity}
      />
    </>
  )
}

function Result({ id }: { id: string }) {
  const read = useRead<Replay>(`/replays/${encodeURIComponent(id)}`, {}, { everyMs: 1500 })
  return (
    <Loaded read={read}>
      {(replay) => {
        if (replay.status === 'failed') return <p role="alert">It failed: {replay.error}</p>
        if (replay.status !== 'done') {
          return (
            <p role="status">
              Judging the stored telemetry again: <progress max={1} value={replay.progress} aria-label="Progress" />{' '}
              {percent(replay.progress)}
            </p>
          )
        }
        const bad = replay.verdicts.filter((verdict) => verdict.verdict === 'regressed').length
        return (
          <>
            <p role="status">
              It would have called <strong>{bad}</strong> of {plural(replay.verdicts.length, 'deploy')} regressed.
            </p>
            {replay.placebo && <FalseAlarms placebo={replay.placebo} />}
            <Table
              label="Verdicts of the back test"
              columns={columns}
              rows={replay.verdicts}
              rowKey={(verdict) => verdict.deploy_id}
              empty="No deploys in that time."
            />
          </>
        )
      }}
    </Loaded>
  )
}

/** The same detector over what is stored, with another sensitivity: nobody is told, nothing is changed. */
export function Backtest() {
  const [id, setId] = useState<string | null>(null)
  const write = useWrite<Replay>((replay) => setId(replay.id))
  const submit = (form: FormData) => {
    const toMs = now()
    write.run({
      path: '/replays',
      body: {
        from: new Date(toMs - Number(form.get('days')) * 86_400_000).toISOString(),
        to: new Date(toMs).toISOString(),
        settings: { sensitivity: String(form.get('sensitivity')) },
        placebo: form.get('placebo') !== null,
      },
    })
  }
  return (
    <>
      <form action={submit} className="filters">
        <label>
          Sensitivity
          <select name="sensitivity" defaultValue="normal">
            <option value="low">low: only what is large and certain</option>
            <option value="normal">normal</option>
            <option value="high">high: smaller changes too</option>
          </select>
        </label>
        <label>
          Over the last
          <select name="days" defaultValue="3">
            {days.map((value) => (
              <option key={value} value={value}>
                {value} d
              </option>
            ))}
          </select>
        </label>
        <label className="check">
          <span>
            <input type="checkbox" name="placebo" defaultChecked /> Count false alarms
          </span>
        </label>
        <button type="submit" className="button primary" disabled={write.busy}>
          What would it have found?
        </button>
        <Said error={write.error} />
      </form>
      {id && <Result id={id} />}
    </>
  )
}
