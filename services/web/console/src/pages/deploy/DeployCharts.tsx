import { SeriesChart } from '../../chart/SeriesChart.tsx'
import type { DeployItem, Verdict } from '../../lib/types.ts'
import { dimensionWord } from '../../lib/words.ts'

/** The worst route's charts, or the whole service's: from the start of the baseline to the end of the watch. */
export function DeployCharts({ deploy, verdict }: { deploy: DeployItem; verdict: Verdict }) {
  const window = { from: verdict.window.baseline.from, to: verdict.window.current.to }
  const common = { service: deploy.service, environment: deploy.environment, window, height: 150 }
  const latency = verdict.findings.find((finding) => finding.signal === 'latency')
  const errors = verdict.findings.find((finding) => finding.signal === 'error_ratio')
  const of = (route: string | undefined) =>
    route && dimensionWord(route) === route ? { route, note: route } : { note: 'all routes' }
  const quantile = latency?.quantile ?? 0.95
  return (
    <div className="charts">
      <SeriesChart {...common} {...of(errors?.dimension)} title="Error ratio" signal="error_ratio" />
      <SeriesChart
        {...common}
        {...of(latency?.dimension)}
        title={`Latency p${Math.round(quantile * 100)}`}
        signal="latency"
        quantile={quantile}
      />
      <SeriesChart {...common} {...of(undefined)} title="Requests" signal="requests" />
      <SeriesChart {...common} {...of(undefined)} title="Error logs" signal="log_errors" />
    </div>
  )
}
