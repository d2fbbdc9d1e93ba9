import type { AnomalyDetail } from '../../lib/types.ts'
import { ServiceLink } from '../../ui/Bits.tsx'

/** Where it most likely began: services that do something else than before, with what whole traces show of each. */
export function Origins({ origins = [] }: { origins: AnomalyDetail['origins'] }) {
  if (origins.length === 0) return null
  return (
    <section className="card pad side-card" aria-label="Where it most likely began">
      <h2>Where it most likely began</h2>
      <ol className="plain-list suspects">
        {origins.map((origin) => (
          <li key={origin.service}>
            <div className="suspect-head">
              <ServiceLink service={origin.service} />
              <span className="faint nowrap">
                {origin.role === 'affected' ? 'affected, ' : ''}score {origin.score.toFixed(2)}
              </span>
            </div>
            <ul>
              {origin.evidence.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </section>
  )
}
