import type { AnomalyDetail } from '../../lib/types.ts'
import { useWrite } from '../../lib/writes.ts'
import { Said } from '../../ui/Said.tsx'
import { Ago } from '../../ui/Time.tsx'

/** "It should look like this": the level becomes the baseline until the next deploy, or is taken back. */
export function Expected({ anomaly }: { anomaly: AnomalyDetail }) {
  const write = useWrite<unknown>()
  const path = `/anomalies/${encodeURIComponent(anomaly.id)}/expected`
  const { accepted } = anomaly
  return (
    <section className="card pad side-card" aria-label="Expected">
      <h2>{accepted ? 'Called expected' : 'Is this expected?'}</h2>
      {accepted ? (
        <>
          <p>
            By {accepted.accepted_by}, <Ago at={accepted.accepted_at} />.{' '}
            {accepted.comment && <span className="faint">“{accepted.comment}”</span>}
          </p>
          <p className="faint">This level is the baseline until the next deploy, and the gate lets it pass.</p>
          <button
            type="button"
            className="button"
            disabled={write.busy}
            onClick={() => write.run({ path, method: 'DELETE' })}
          >
            Take back
          </button>
        </>
      ) : (
        <form
          className="expected-form"
          action={(form) => write.run({ path, body: { comment: String(form.get('comment') ?? '').trim() } })}
        >
          <p className="faint">Then this level is the baseline until the next deploy, and nobody is told again.</p>
          <label>
            Why
            <input name="comment" required placeholder="e.g. the new price check takes longer" />
          </label>
          <button type="submit" className="button" disabled={write.busy}>
            It is expected
          </button>
        </form>
      )}
      <Said error={write.error} />
    </section>
  )
}
