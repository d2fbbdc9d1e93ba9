import { shortBuild } from '../../shared/model/deploy.ts'
import { safeText } from './text.ts'
import type { DeployInfo, Notification, Signal } from './types.ts'

/** Three significant digits at most, thousands apart: 1,234 · 12.3 · 0.012. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (size >= 100) return Math.round(value).toLocaleString('en-US')
  return String(Number(value.toPrecision(size >= 1 ? 3 : 2)))
}

const percent = (ratio: number) => `${figure(ratio * 100)} %`

/** A value in its unit: `12.4 %`, `840 ms`, `12 a minute`. */
export function amount(value: number, unit: string): string {
  if (unit === 'ratio') return percent(value)
  if (unit === 'ms') return value >= 10_000 ? `${figure(value / 1000)} s` : `${figure(value)} ms`
  if (unit === 'per_minute') return `${figure(value)} a minute`
  return unit === 'count' || unit === '' || unit === '1' ? figure(value) : `${figure(value)} ${unit}`
}

/** How large the change is: `+11 points`, `×2.3`, `−70 %`; `new` and `gone` where there is nothing to compare with. */
export function effectOf(s: Pick<Signal, 'effect' | 'effect_unit' | 'direction'>): string {
  if (s.direction === 'new') return 'new'
  if (s.direction === 'vanished') return 'gone'
  const sign = s.effect < 0 ? '−' : '+'
  const size = Math.abs(s.effect)
  if (s.effect_unit === 'absolute') return `${sign}${figure(size * 100)} points`
  if (!Number.isFinite(s.effect)) return 'new'
  return s.effect >= 1 ? `×${figure(1 + s.effect)}` : `${sign}${figure(size * 100)} %`
}

const NEW: Partial<Record<Signal['signal'], string>> = {
  exception_new: 'New exception',
  dependency_new: 'New dependency',
  route_new: 'New route',
  log_pattern_new: 'New log pattern',
  secret_new: 'Began to send something like',
  dependency_vanished: 'Dependency vanished:',
  route_vanished: 'Route vanished:',
  log_pattern_vanished: 'Log pattern vanished:',
}

/** The dimension of what is measured of a whole service: its name is said already. */
const WHOLE = '(all)'

/** What is measured: `errors on POST /pay`, `p95 latency of GET /cart`. */
export function measureOf(
  s: Pick<Signal, 'signal' | 'dimension' | 'quantile'> & Partial<Pick<Signal, 'label'>>,
): string {
  const where = safeText(s.label || (s.dimension === WHOLE ? '' : s.dimension), 120)
  const on = (what: string, preposition = 'on') => (where === '' ? what : `${what} ${preposition} ${where}`)
  switch (s.signal) {
    case 'error_ratio':
      return on('errors')
    case 'latency':
      return on(s.quantile === null ? 'latency' : `p${figure(s.quantile * 100)} latency`, 'of')
    case 'throughput':
      return on('requests')
    case 'dependency_error_ratio':
      return on('errors of calls', 'to')
    case 'dependency_latency':
      return on('latency of calls', 'to')
    case 'calls_per_request':
      return on('calls', 'by')
    case 'exception_rate':
      return on('exceptions', '·')
    case 'log_error_rate':
      return 'error logs'
    case 'log_pattern_rate':
      return on('log lines like', '·')
    case 'silence':
      return 'telemetry'
    default:
      return where || s.signal
  }
}

/** `p95` stays as it is. */
const upperFirst = (text: string) => (/^p\d/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1))

/** One signal in a line: what, how much, against what; in the past where it is over. */
export function lineOf(s: Signal, over = false): string {
  const fresh = NEW[s.signal]
  if (fresh)
    return `${fresh} ${safeText(s.label || s.dimension, 160)}${s.observed > 0 ? ` (${amount(s.observed, s.unit)})` : ''}`
  if (s.signal === 'silence') return over ? 'There was no telemetry' : 'No telemetry any more'
  const observed = `${over ? 'was ' : ''}${amount(s.observed, s.unit)}`
  return `${upperFirst(measureOf(s))}: ${observed}, expected ${amount(s.expected, s.unit)} (${effectOf(s)})`
}

type Since = Pick<DeployInfo, 'version' | 'commit' | 'commits' | 'actor'>

/** `v42 (abc1234, 2 commits) by Ada and Grace`, as far as it is known. */
export function sinceWhat(deploy: Since | null): string {
  if (!deploy) return ''
  const sha = deploy.commit.slice(0, 7)
  const name = deploy.version && deploy.version !== deploy.commit ? deploy.version : sha
  const details = [sha === name ? '' : sha, deploy.commits.length > 1 ? `${deploy.commits.length} commits` : '']
  const inside = details.filter(Boolean).join(', ')
  const who = authorsOf(deploy)
  return safeText(`${name}${inside ? ` (${inside})` : ''}${who ? ` by ${who}` : ''}`, 160)
}

/** Who wrote what was deployed, the deployed commit's author first; else who deployed. */
export function authorsOf(deploy: Since): string {
  const isOwn = (sha: string) =>
    deploy.commit !== '' && (sha.startsWith(deploy.commit) || deploy.commit.startsWith(sha))
  const sorted = [...deploy.commits].sort((a, b) => Number(isOwn(b.sha)) - Number(isOwn(a.sha)))
  const names = [...new Set(sorted.map((c) => safeText(c.author ?? '', 60)).filter(Boolean))]
  const [first, second, ...more] = names
  if (!first) return safeText(deploy.actor ?? '', 60)
  if (!second) return first
  return more.length > 0 ? `${first}, ${second} and ${more.length} more` : `${first} and ${second}`
}

/** `12 minutes`, for how long it lasted. */
export function durationOf(fromIso: string, toIso: string): string {
  const minutes = Math.max(0, Math.round((Date.parse(toIso) - Date.parse(fromIso)) / 60_000))
  if (minutes < 2) return minutes < 1 ? 'less than a minute' : 'a minute'
  if (minutes < 120) return `${minutes} minutes`
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} hours` : `${Math.round(minutes / 1440)} days`
}

/** What the message says before anything else. */
export function headlineOf(n: Pick<Notification, 'event' | 'incident'>): string {
  const mark = n.event === 'test' ? '[TEST] ' : ''
  if (n.event !== 'resolved') return safeText(`${mark}${n.incident.title}`, 300)
  const lasted = durationOf(n.incident.started_at, n.incident.resolved_at ?? n.incident.updated_at)
  return safeText(`Back to normal after ${lasted}: ${n.incident.title}`, 300)
}

/** Who is how, in the fewest words: `checkout and 1 more look worse (production)`. */
export function stateOf(n: Pick<Notification, 'event' | 'incident'>): string {
  const services = n.incident.services.map((s) => safeText(s, 60))
  const many = services.length > 1
  const more = many ? ` and ${services.length - 1} more` : ''
  const worse = `${many ? 'look' : 'looks'} worse${n.event === 'test' ? ' (TEST)' : ''}`
  const state = n.event === 'resolved' ? `${many ? 'are' : 'is'} back to normal` : worse
  return safeText(`${services[0] ?? ''}${more} ${state} (${n.incident.environment})`, 150)
}

/** How sure: the probability of seeing this by chance, and on how much it rests. */
export function certaintyOf(s: Pick<Signal, 'p_value' | 'n'>): string {
  const word = s.p_value < 0.0001 ? 'Practically certain' : s.p_value < 0.01 ? 'Very likely real' : 'Likely real'
  const p = s.p_value < 0.0001 ? 'p < 0.0001' : `p = ${figure(s.p_value)}`
  return `${word} (${p}; ${figure(s.n.current)} now against ${figure(s.n.baseline)} before)`
}

/** What to do next, in one line, with the command that the deploy was announced with; '' where nothing is known. */
export function adviceOf(n: Pick<Notification, 'deploy' | 'event'>): string {
  const d = n.deploy
  if (!d || n.event === 'resolved') return ''
  const command = safeText(d.rollback_command ?? '', 300)
  const advice = undoing(d) || (command ? `Roll back ${safeText(d.service, 80)}` : '')
  return command ? `${advice}: ${command}` : advice
}

function undoing(d: DeployInfo): string {
  if (d.kind === 'flag' || d.kind === 'config')
    return `Undo the ${d.kind} change ${safeText(d.version, 80)} of ${safeText(d.service, 80)}`
  if (!d.previous_version) return ''
  return `Roll back ${safeText(d.service, 80)} to ${safeText(shortBuild(d.previous_version), 80)}`
}

/** Every service that is hurt, where that is more than one: `Hurts cart, checkout and web`; the first twenty. */
export function reachOf(n: Pick<Notification, 'incident'>): string {
  const { services } = n.incident
  if (services.length < 2) return ''
  const shown = services.slice(0, 20).map((s) => safeText(s, 60))
  const rest = services.length - shown.length
  const last = rest > 0 ? `${rest} more` : (shown.pop() as string)
  return `Hurts ${shown.join(', ')} and ${last}`
}

/** Of an incident without a deploy: the likeliest suspect, as a possibility; '' where there is none. */
export function suspicionOf(n: Pick<Notification, 'incident' | 'signals'>): string {
  const [suspect] = n.incident.deploy_id ? [] : (n.signals[0]?.suspects ?? [])
  if (!suspect) return ''
  const sha = suspect.commit.slice(0, 7)
  const build =
    suspect.version && suspect.version !== suspect.commit ? `${suspect.version}${sha ? ` (${sha})` : ''}` : sha
  const why = suspect.evidence[0]
  return safeText(`Possible cause: ${suspect.service} ${build}${why ? `, ${why}` : ''}`, 240)
}

/** The service in which it most likely began, where that is another one than the first signal's, and why; '' where nothing says so. */
export function originOf(n: Pick<Notification, 'event' | 'signals'>): string {
  const [top] = n.signals
  const first = top?.origins?.find((o) => o.role === 'origin')
  if (n.event === 'resolved' || !first || first.service === top?.service) return ''
  return safeText(`Most likely began in ${first.service}: ${first.evidence[0] ?? ''}`, 300)
}

/** The headline of an incident: the service, its most telling signal, and since what. */
export function titleOf(services: readonly string[], top: Signal | undefined, deploy: DeployInfo | null): string {
  const first = safeText(services[0] ?? '', 80)
  const others = services.length > 1 ? ` and ${services.length - 1} more` : ''
  const what = top ? lowerFirst(lineOf(top)) : 'something differs from its baseline'
  const whose = top && top.service !== services[0] ? `${safeText(top.service, 60)} ` : ''
  const since = sinceWhat(deploy)
  return safeText(`${first}${others}: ${whose}${what}${since ? ` since ${since}` : ''}`, 300)
}

const lowerFirst = (text: string) => (/^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text)
