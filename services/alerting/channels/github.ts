import {
  type Answer,
  type ChannelPlugin,
  classifyHttp,
  type HttpRequest,
  postJson,
  type Reading,
  type Target,
} from '../channel.ts'
import { jsonOf } from '../json.ts'
import { diffUrl, linkOf, repositoryPath, traceLink } from '../notification.ts'
import { escapeMarkdown, safeLink, safeText } from '../text.ts'
import type { Notification } from '../types.ts'
import { adviceOf, certaintyOf, lineOf, reachOf, sinceWhat, stateOf } from '../wording.ts'

const DESCRIPTION_CHARS = 140
const LINES = 6

const rootOf = (target: Target) => target.url.replace(/\/+$/, '')

const headersOf = (target: Target) => ({
  accept: 'application/vnd.github+json',
  authorization: `Bearer ${target.secrets[0] ?? ''}`,
  'x-github-api-version': '2022-11-28',
})

const get = (url: string, target: Target): HttpRequest => ({
  ...{ transport: 'http', method: 'GET', url, headers: headersOf(target), body: '', signed: false },
})

function status(n: Notification, target: Target): HttpRequest {
  const [top] = n.signals
  const over = n.event === 'resolved'
  const what = `${over ? 'Back to normal in' : 'Regressed in'} ${n.incident.environment}`
  const body = {
    state: over ? 'success' : 'failure',
    context: `plumbline/${safeText(n.incident.environment, 60) || 'production'}/${safeText(n.incident.service, 60)}`,
    description: safeText(`${what}${top ? `: ${lineOf(top, over)}` : ''}`, DESCRIPTION_CHARS),
    ...(safeLink(linkOf(n)) && { target_url: linkOf(n) }),
  }
  return postJson(`${rootOf(target)}/statuses/${n.incident.commit}`, body, headersOf(target))
}

/** What the author of the change reads under the pull request. */
function comment(n: Notification): { body: string } {
  const over = n.event === 'resolved'
  const [top] = n.signals
  const trace = top?.trace_ids[0]
  const links = [
    ['Verdict', linkOf(n)],
    ['Diff', diffUrl(n.deploy) ?? ''],
    ['Trace', trace ? traceLink(n, trace) : ''],
  ].flatMap(([label, url]) => (safeLink(url) ? [`[${label}](<${safeLink(url)}>)`] : []))
  const shown = n.signals.slice(0, LINES)
  const rest = n.signals.length - shown.length + n.truncated
  const advice = adviceOf(n)
  const text = [
    `**${escapeMarkdown(stateOf(n))}**, since ${escapeMarkdown(sinceWhat(n.deploy)) || 'this change'}`,
    '',
    ...shown.map((s) => `- ${escapeMarkdown(`${safeText(s.service, 80)}: ${lineOf(s, over)}`)}`),
    ...(rest > 0 ? [`- … and ${rest} more`] : []),
    ...(reachOf(n) && !over ? ['', escapeMarkdown(reachOf(n))] : []),
    '',
    ...(top && !over ? [`How sure: ${escapeMarkdown(certaintyOf(top))}`, ''] : []),
    ...(advice ? [`What to do: **${escapeMarkdown(advice)}**`, ''] : []),
    links.join(' · '),
  ]
  return { body: text.join('\n').trim() }
}

/** What goes on after the status: the comment that is there is rewritten, else the pull request is asked for. */
function afterStatus(n: Notification, target: Target): Reading {
  const root = rootOf(target)
  if (target.thread !== null) {
    const edit = postJson(`${root}/issues/comments/${encodeURIComponent(target.thread)}`, comment(n), headersOf(target))
    return { outcome: 'delivered', next: { ...edit, method: 'PATCH' } }
  }
  if (n.event === 'resolved' && !n.merged) return { outcome: 'delivered' }
  return { outcome: 'delivered', next: get(`${root}/commits/${n.incident.commit}/pulls?per_page=5`, target) }
}

function afterPulls(answer: Answer, n: Notification, target: Target): Reading {
  const found = jsonOf(answer.body)
  const [pull] = Array.isArray(found) ? (found as { number?: unknown }[]) : []
  if (!Number.isSafeInteger(pull?.number)) return { outcome: 'delivered' }
  return {
    outcome: 'delivered',
    next: postJson(`${rootOf(target)}/issues/${pull?.number}/comments`, comment(n), headersOf(target)),
  }
}

/** GitHub's limits come as 403 or 429 with `Retry-After`. */
const classifyAnswer = (answer: Answer) =>
  answer.status === 403 && answer.retryAfter !== undefined ? 'retry' : classifyHttp(answer.status)

function read(answer: Answer, to: HttpRequest, n: Notification, target: Target): Reading {
  const outcome = classifyAnswer(answer)
  const isStatus = to.url.includes('/statuses/')
  if (n.event === 'test' || isStatus) {
    if (outcome !== 'delivered' || n.event === 'test') return { outcome }
    return afterStatus(n, target)
  }
  // The status stands: without the comment it is told all the same.
  if (outcome === 'dead' || outcome === 'disable')
    return {
      outcome: 'delivered',
      error: `the commit has its status, but no comment (${answer.status}): let the token write pull requests`,
      ...(to.method === 'PATCH' && { thread: null }),
    }
  if (outcome === 'retry' || to.method === 'PATCH') return { outcome }
  if (to.method === 'GET') return afterPulls(answer, n, target)
  const made = jsonOf(answer.body) as { id?: unknown } | null
  return Number.isSafeInteger(made?.id) ? { outcome, thread: String(made?.id) } : { outcome }
}

/**
 * A status on the deployed commit, and a comment on the pull request that it came by, which is rewritten when it is over:
 * `https://api.github.com/repos/{owner}/{name}`, the secret a token. A test asks for the repository and changes nothing. A deploy of
 * another repository, or without a whole commit, has nothing to tell here.
 */
const github: ChannelPlugin = {
  kind: 'github',
  render: (n, target) => {
    if (n.event === 'test') return get(rootOf(target), target)
    const path = repositoryPath(n.deploy?.repository ?? null)
    if (path && !rootOf(target).toLowerCase().endsWith(`/${path.toLowerCase()}`)) return null
    return /^[0-9a-f]{40}$/i.test(n.incident.commit) ? status(n, target) : null
  },
  classify: classifyHttp,
  read,
}

export default github
