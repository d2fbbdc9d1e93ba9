import type { Judgement } from './types.ts'

/** Too little to judge by: no number, no suspicion, but what is missing. */
export function noData(
  said: Pick<Judgement, 'reason' | 'n' | 'method'> & { needs: string; unit?: Judgement['effectUnit'] },
): Judgement {
  return {
    judgement: 'nodata',
    worse: false,
    reason: said.reason,
    observed: 0,
    expected: 0,
    lower: 0,
    upper: 0,
    effect: 0,
    effectUnit: said.unit ?? 'ratio',
    pValue: 1,
    score: 0,
    n: said.n,
    power: { smallestEffect: null, needs: said.needs },
    method: said.method,
  }
}

/** No request on one side, of shares or of latencies. */
export function noRequests(n: Judgement['n'], unit: Judgement['effectUnit']): Judgement {
  const stopped = n.current === 0 && n.baseline > 0
  return noData({
    reason: stopped ? 'no request since the deploy' : 'no request before the deploy',
    n,
    needs: 'requests',
    method: stopped ? 'vanished' : 'no-data',
    unit,
  })
}
