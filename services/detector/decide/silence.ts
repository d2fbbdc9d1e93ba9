import type { Frame } from './frame.ts'
import { digits, type Signal } from './signal.ts'
import { rateSql } from './sql.ts'

/** Minutes of silence before it is said; a restart takes less. */
const SILENT_MINUTES = 5
/** Requests that were due in them: none has then probability e^-20 under Poisson. */
const DUE = 20
/** Only a service that had requests in this share of the minutes before can be missed. */
const STEADY_SHARE = 0.9

/** A service that gets no request any more since its deploy, while others do. `since`: words for when, where that is no deploy. */
export function silence(frame: Frame, o: { closedMinute: number; othersAlive: boolean; since?: string }): Signal[] {
  const closed = o.closedMinute + 1 - frame.window.fromMinute
  const minutes = closed - Math.max(frame.from, frame.start)
  if (!o.othersAlive || minutes < SILENT_MINUTES || frame.requestsOfAll > 0 || frame.baseline.length < 30) return []
  const routes = frame.index.all.get('route') ?? []
  const perMinute = frame.baseline.map((s) => routes.reduce((n, x) => n + (x.total[s] ?? 0), 0))
  const rate = perMinute.reduce((a, b) => a + b, 0) / perMinute.length
  const steady = perMinute.filter((n) => n > 0).length >= STEADY_SHARE * perMinute.length
  if (!steady || rate * minutes < DUE) return []
  const pValue = Math.exp(-rate * minutes)
  const reason = `no request in ${minutes} minutes${o.since ?? ' since the deploy'}, about ${digits(rate * minutes)} expected`
  return [
    {
      name: 'silence',
      dimension: '(all)',
      kind: 'throughput',
      canHarm: true,
      baseline: 'before',
      judgement: {
        judgement: 'low',
        worse: true,
        reason,
        observed: 0,
        expected: rate,
        lower: rate / 2,
        upper: rate * 1.5,
        effect: -1,
        effectUnit: 'ratio',
        pValue,
        score: 0.95,
        n: { baseline: frame.requests.baseline, current: 0 },
        power: { smallestEffect: null, needs: null },
        method: 'vanished',
      },
      finding: () => ({
        unit: 'per_minute',
        onset: Math.max(frame.from, frame.start),
        end: closed,
        observed: 0,
        expected: rate,
        lower: rate / 2,
        upper: rate * 1.5,
        effect: -1,
        effect_unit: 'relative',
        direction: 'vanished',
        reason,
        sql: rateSql(
          { ...frame, build: null, end: closed },
          { cell: 'route', is: null },
          Math.max(frame.from, frame.start),
          'before',
        ),
      }),
    },
  ]
}
