/** The console's words for verdicts, health and signals; nothing is said by colour alone. Pure. */
import type { Finding, Health, SignalName, VerdictWord } from './types.ts'

export type Tone = 'bad' | 'good' | 'watch' | 'thin' | 'calm'
export type Mark = 'cross' | 'check' | 'eye' | 'sand' | 'up' | 'pause' | 'dash'
export type Word = { word: string; tone: Tone; mark: Mark; means: string }

const verdicts: Record<VerdictWord, Word> = {
  regressed: { word: 'Regressed', tone: 'bad', mark: 'cross', means: 'Production got worse with this deploy.' },
  improved: { word: 'Improved', tone: 'good', mark: 'up', means: 'Production got better with this deploy.' },
  no_difference: { word: 'No difference', tone: 'good', mark: 'check', means: 'Production looks the same as before.' },
  insufficient_data: {
    word: 'Too little data',
    tone: 'thin',
    mark: 'sand',
    means: 'Too few requests to say anything honest.',
  },
  pending: { word: 'Watching', tone: 'watch', mark: 'eye', means: 'The watch is still on.' },
}

const healths: Record<Health, Word> = {
  regressed: { word: 'Regressed', tone: 'bad', mark: 'cross', means: 'It differs from its baseline, for the worse.' },
  watching: { word: 'Watching', tone: 'watch', mark: 'eye', means: 'A fresh deploy is being compared.' },
  too_little_data: { word: 'Too little data', tone: 'thin', mark: 'sand', means: 'Too few requests to compare.' },
  new: {
    word: 'First version',
    tone: 'calm',
    mark: 'dash',
    means: 'None came before it to compare it with; anomalies are told.',
  },
  ok: { word: 'Steady', tone: 'good', mark: 'check', means: 'It looks as it did before.' },
  idle: { word: 'Idle', tone: 'calm', mark: 'pause', means: 'No requests in the last 15 minutes.' },
}

export const verdictWord = (verdict: VerdictWord | null): Word =>
  verdict ? verdicts[verdict] : { word: 'Not judged', tone: 'calm', mark: 'dash', means: 'No verdict was made.' }

export const healthWord = (health: Health): Word => healths[health]

/** The verdict of a deploy; that of a service's first version is no lack of requests. */
export const deployWord = (deploy: { verdict: VerdictWord | null; previous_id: string | null }): Word =>
  deploy.verdict === 'insufficient_data' && deploy.previous_id === null ? healths.new : verdictWord(deploy.verdict)

/** Worst first. */
export const healthOrder: Health[] = ['regressed', 'watching', 'too_little_data', 'new', 'ok', 'idle']

const signals: Record<SignalName, string> = {
  error_ratio: 'Error ratio',
  latency: 'Latency',
  throughput: 'Throughput',
  dependency_error_ratio: 'Errors of a dependency',
  dependency_latency: 'Latency of a dependency',
  dependency_new: 'New dependency',
  dependency_vanished: 'Vanished dependency',
  calls_per_request: 'Calls per request',
  exception_new: 'New exception',
  exception_rate: 'Exceptions',
  route_new: 'New route',
  route_vanished: 'Vanished route',
  log_error_rate: 'Error logs',
  log_pattern_new: 'New log pattern',
  log_pattern_rate: 'Log pattern rate',
  log_pattern_vanished: 'Vanished log pattern',
  secret_new: 'Secret in telemetry',
  attribute_new: 'New attribute',
  attribute_vanished: 'Vanished attribute',
  metric: 'Metric',
  silence: 'Silence',
}

export const signalWord = (signal: SignalName): string => signals[signal] ?? signal
export const signalNames = Object.keys(signals) as SignalName[]

const shares: SignalName[] = [
  'error_ratio',
  'dependency_error_ratio',
  'exception_new',
  'exception_rate',
  'log_error_rate',
  'log_pattern_new',
  'log_pattern_rate',
  'secret_new',
  'attribute_new',
  'attribute_vanished',
]

/** How a change of the signal is told: in points where it is a share of requests or lines, else in percent of before. */
export const effectUnitOf = (signal: SignalName): 'absolute' | 'relative' =>
  shares.includes(signal) ? 'absolute' : 'relative'

/** Which series, for people: '' and '(all)' are the service as a whole. */
export const dimensionWord = (dimension: string): string =>
  dimension === '' || dimension === '(all)' ? 'the whole service' : dimension

const quantileWord = (quantile: number | undefined): string => (quantile ? ` p${Math.round(quantile * 100)}` : '')

/** 'Latency p95', 'Error ratio'. */
export const findingTitle = (finding: Pick<Finding, 'signal' | 'quantile'>): string =>
  `${signalWord(finding.signal)}${finding.signal.includes('latency') ? quantileWord(finding.quantile) : ''}`

const baselines: Record<Finding['baseline'], string> = {
  concurrent: 'the old version’s instances in the same minutes',
  before: 'the window before the deploy',
  seasonal: 'the same hours yesterday and last week',
}

export const baselineWord = (baseline: Finding['baseline']): string => baselines[baseline]

/** How sure a verdict is, in words: the score is 0 … 1. */
export function confidenceWord(score: number): string {
  if (score >= 0.95) return 'very high'
  if (score >= 0.8) return 'high'
  if (score >= 0.5) return 'moderate'
  return 'low'
}

/** Which series of a service shows a signal. */
export function chartOf(signal: SignalName): 'error_ratio' | 'latency' | 'requests' | 'log_errors' | 'metric' | null {
  if (signal === 'error_ratio' || signal.startsWith('exception')) return 'error_ratio'
  if (signal === 'latency') return 'latency'
  if (signal === 'throughput' || signal === 'silence' || signal.startsWith('route')) return 'requests'
  if (signal.startsWith('log')) return 'log_errors'
  return signal === 'metric' ? 'metric' : null
}
