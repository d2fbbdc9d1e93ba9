import { type Answer, type ChannelPlugin, classifyHttp, postJson, type Reading, type Target } from '../channel.ts'
import { jsonOf } from '../json.ts'
import { diffUrl, linkOf, traceLink } from '../notification.ts'
import { escapeMarkup, safeLink, safeText } from '../text.ts'
import type { Notification, Signal } from '../types.ts'
import {
  adviceOf,
  certaintyOf,
  headlineOf,
  lineOf,
  originOf,
  reachOf,
  sinceWhat,
  stateOf,
  suspicionOf,
} from '../wording.ts'

const HEADER_CHARS = 150
const LINES = 5
const COMMITS = 3

const icon = (n: Notification) => (n.event === 'resolved' ? '✅' : n.incident.severity === 'critical' ? '🔴' : '🟠')

const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text: text.slice(0, 2900) } })

const link = (url: string | null, label: string): string[] => {
  const safe = safeLink(url)
  return safe ? [`<${safe.replaceAll('>', '%3E').replaceAll('|', '%7C')}|${escapeMarkup(label)}>`] : []
}

const heading = (n: Notification) => safeText(`${icon(n)} ${stateOf(n)}`, HEADER_CHARS)

function lines(n: Notification): string {
  const several = n.incident.services.length > 1
  const line = (s: Signal) => lineOf(s, n.event === 'resolved')
  const shown = n.signals
    .slice(0, LINES)
    .map((s) => `• ${escapeMarkup(several ? `${safeText(s.service, 60)}: ${line(s)}` : line(s))}`)
  const rest = n.signals.length - shown.length + n.truncated
  const reach = n.event === 'resolved' ? '' : reachOf(n)
  const origin = originOf(n)
  return [
    ...shown,
    ...(rest > 0 ? [`… and ${rest} more`] : []),
    ...(reach ? [escapeMarkup(reach)] : []),
    ...(origin ? [escapeMarkup(origin)] : []),
  ].join('\n')
}

function actions(n: Notification): string {
  const advice = adviceOf(n)
  const trace = n.signals[0]?.trace_ids[0]
  const links = [
    ...link(linkOf(n), 'Verdict'),
    ...link(diffUrl(n.deploy), 'Diff'),
    ...(trace ? link(traceLink(n, trace), 'Trace') : []),
  ]
  const suspicion = suspicionOf(n)
  return [
    ...(advice ? [`*${escapeMarkup(advice)}*`] : []),
    ...(suspicion ? [escapeMarkup(suspicion)] : []),
    links.join(' · '),
  ]
    .filter(Boolean)
    .join('\n')
}

/** Errors of Slack's API that pass by themselves. @see https://docs.slack.dev/reference/methods/chat.postMessage */
const PASSING = new Set(
  'fatal_error internal_error request_timeout service_unavailable ratelimited rate_limited'.split(' '),
)
/** What to do about the others, as far as it is known. */
const REMEDIES: Record<string, string> = {
  channel_not_found: 'it knows no such conversation: check the id in the URL, and invite the bot to it',
  not_in_channel: 'the bot is not in this conversation: invite it',
  is_archived: 'this conversation is archived',
  invalid_auth: 'it does not take this token: give the channel a new one',
  not_authed: 'it does not take this token: give the channel a new one',
  token_revoked: 'this token was revoked: give the channel a new one',
  token_expired: 'this token has expired: give the channel a new one',
  account_inactive: 'the account of this token is gone: give the channel a new one',
  missing_scope: 'this token may not post: give the bot the scope chat:write',
}

/** Slack answers 200 whatever happened; `ok` and `error` in the body say what. The first message's `ts` is the thread. */
function readApi(answer: Answer, target: Target): Reading {
  const outcome = classifyHttp(answer.status)
  if (outcome !== 'delivered') return { outcome }
  const said = jsonOf(answer.body) as { ok?: unknown; ts?: unknown; error?: unknown } | null
  if (said?.ok === true)
    return target.thread === null && typeof said.ts === 'string' ? { outcome, thread: said.ts } : { outcome }
  const code = typeof said?.error === 'string' ? said.error : ''
  if (code === 'thread_not_found')
    return { outcome: 'retry', thread: null, error: 'the thread of this incident was deleted: a new one is begun' }
  if (said === null || PASSING.has(code)) return { outcome: 'retry', error: 'Slack could not take it now' }
  return { outcome: 'dead', error: `Slack refused it: ${REMEDIES[code] ?? 'see what the bot may do'}` }
}

/**
 * Slack. By an incoming webhook, or with a bot token as secret by `https://slack.com/api/chat.postMessage?channel=C…`: then the
 * messages of one incident form one thread, and are shown in the conversation too. Neither dedups: a repeat may be seen twice.
 */
const slack: ChannelPlugin = {
  kind: 'slack',
  render: (n, target) => {
    const since = sinceWhat(n.deploy)
    const commits = n.incident.commits
      .slice(0, COMMITS)
      .map((c) => safeText((c.message ?? '').split('\n')[0] ?? '', 100))
    const told = commits.filter(Boolean).map((message) => `> ${escapeMarkup(message)}`)
    const top = n.signals[0]
    const context = [
      ...(n.event === 'test' ? ['This is a test of the channel. Nothing is wrong.'] : []),
      ...(n.merged ? ['The notice that this fired could not be delivered.'] : []),
      ...(top?.closed_reason && n.event === 'resolved' ? [`Why: ${safeText(top.closed_reason, 160)}`] : []),
      ...(top && n.event !== 'resolved' ? [`How sure: ${certaintyOf(top)}`] : []),
    ]
    const blocks = [
      { type: 'header', text: { type: 'plain_text', text: heading(n), emoji: true } },
      ...(n.signals.length > 0 ? [section(lines(n))] : []),
      ...(since ? [section([`Since *${escapeMarkup(since)}*`, ...told].join('\n'))] : []),
      ...[actions(n)].filter(Boolean).map(section),
      ...(context.length > 0
        ? [{ type: 'context', elements: context.map((text) => ({ type: 'mrkdwn', text: escapeMarkup(text) })) }]
        : []),
    ]
    const message = { text: escapeMarkup(`${icon(n)} ${headlineOf(n)}`), blocks }
    const [token] = target.secrets
    if (token === undefined) return postJson(target.url, message)
    const url = new URL(target.url)
    const channel = url.searchParams.get('channel')
    url.search = ''
    const thread = target.thread === null ? {} : { thread_ts: target.thread, reply_broadcast: true }
    return postJson(
      url.href,
      { channel, ...message, ...thread, unfurl_links: false },
      { authorization: `Bearer ${token}` },
    )
  },
  classify: classifyHttp,
  read: (answer, _to, _n, target) =>
    target.secrets.length > 0 ? readApi(answer, target) : { outcome: classifyHttp(answer.status) },
}

export default slack
