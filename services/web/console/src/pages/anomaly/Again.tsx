import { useState } from 'react'
import type { Replay } from '../../../../api/schemas.ts'
import { now } from '../../lib/clock.ts'
import { inUnit, percent } from '../../lib/format.ts'
import { useRead } from '../../lib/queries.ts'
import type { Anomaly } from '../../lib/types.ts'
import { useWrite } from '../../lib/writes.ts'
import { Loaded } from '../../ui/Feedback.tsx'
import { Said } from '../../ui/Said.tsx'
import { sameIn, spanToReplay } from './replayed.ts'

function Outcome({ replay, anomaly }: { replay: Replay; anomaly: Anomaly }) {
  if (replay.status === 'failed') return <p role="alert">It failed: {replay.error}</p>
  if (replay.status !== 'done') {
    return (
      <p role="status">
        Judging that time again: <progress max={1} value={replay.progress} aria-label="Progress" />{' '}
        {percent(replay.progress)}
      </p>
    )
  }
  const again = sameIn(replay.anomalies, anomaly)
  if (!again) {
    return (
      <p role="status">
        <strong>Not found again.</strong> Telemetry that came later, other settings, or what was called expected since
        then may account for it.
      </p>
    )
  }
  return (
    <p role="status">
      <strong>Found again</strong>: {inUnit(again.observed, again.unit)} where {inUnit(again.expected, again.unit)} was
      expected.
    </p>
  )
}

function Result({ id, anomaly }: { id: string; anomaly: Anomaly }) {
  const read = useRead<Replay>(`/replays/${encodeURIComponent(id)}`, {}, { everyMs: 1500 })
  return <Loaded read={read}>{(replay) => <Outcome replay={replay} anomaly={anomaly} />}</Loaded>
}

/** The same detector over what is stored of that time: nobody is told, nothing is changed. */
export function Again({ anomaly }: { anomaly: Anomaly }) {
  const [id, setId] = useState<string | null>(null)
  const write = useWrite<Replay>((replay) => setId(replay.id))
  return (
    <section className="card pad side-card" aria-label="Replay this detection">
      <h2>Would it be told again?</h2>
      <p className="faint">The detector runs once more over the stored telemetry of that time. Nobody is told.</p>
      <button
        type="button"
        className="button"
        disabled={write.busy}
        onClick={() => write.run({ path: '/replays', body: spanToReplay(anomaly, now()) })}
      >
        Replay this detection
      </button>
      <Said error={write.error} />
      {id && <Result id={id} anomaly={anomaly} />}
    </section>
  )
}
