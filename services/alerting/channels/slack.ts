import { type ChannelPlugin, classifyHttp, postJson } from '../channel.ts'
import { diffUrl, linkOf, traceLink } from '../notification.ts'
import { escapeMarkup, safeLink, safeText } from '../text.ts'
import type { Notification, Signal } from '../types.ts'
import { adviceOf, certaintyOf, headlineOf, lineOf, sinceWhat, suspicionOf } from '../wording.ts'

const HEADER_CHARS = 150
const LINES = 5
const COMMITS = 3

const icon = (n: Notification) => (n.event === 'resolved' ? '✅' : n.incident.severity === 'critical' ? '🔴' : '🟠')

const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text: text.slice(0, 2900) } })

const link = (url: string | null, label: string): string[] => {
  const safe = safeLink(url)
  return safe ? [`<${safe.replaceAll('>', '%3E').replaceAll('|', '%7C')}|${escapeMarkup(label)}>`] : []
}

function heading(n: Notification): string {
  const services = n.incident.services.map((s) => safeText(s, 60))
  const more = services.length > 1 ? ` and ${services.length - 1} more` : ''
  const many = services.length > 1
  const worse = n.event === 'test' ? 'looks worse (TEST)' : many ? 'look worse' : 'looks worse'
  const state = n.event === 'resolved' ? `${many ? 'are' : 'is'} back to normal` : worse
  return safeText(`${icon(n)} ${services[0] ?? ''}${more} ${state} (${n.incident.environment})`, HEADER_CHARS)
}

function lines(n: Notification): string {
  const several = n.incident.services.length > 1
  const line = (s: Signal) => lineOf(s, n.event === 'resolved')
  const shown = n.signals
    .slice(0, LINES)
    .map((s) => `• ${escapeMarkup(several ? `${safeText(s.service, 60)}: ${line(s)}` : line(s))}`)
  const rest = n.signals.length - shown.length + n.truncated
  return [...shown, ...(rest > 0 ? [`… and ${rest} more`] : [])].join('\n')
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

/** Slack's incoming webhooks. They do not dedup: a repeat of ours may be seen twice. */
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
    return postJson(target.url, { text: escapeMarkup(`${icon(n)} ${headlineOf(n)}`), blocks })
  },
  classify: classifyHttp,
}

export default slack
