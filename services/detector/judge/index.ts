/** The judgement core: is this series different since the deploy, by how much, how sure. Pure. */
export { type Change, findChanges } from './builds.ts'
export { type CombineOptions, combine, falseDiscoveryRates } from './combine.ts'
export { judgeCounts } from './counts.ts'
export { judgeDistribution } from './distribution.ts'
export { createRolling } from './rolling.ts'
export { judgeRollout, type Rollout, type RolloutAnswer, type RolloutSignal, rankRollouts } from './rollout.ts'
export { judgeSeries, prepareSeries, type SeriesJudge } from './series.ts'
export type * from './types.ts'
