import type { ChannelPlugin } from '../channel.ts'
import { diffUrl, linkOf } from '../notification.ts'
import { escapeHtml, safeLink, safeText } from '../text.ts'
import type { Notification } from '../types.ts'
import { adviceOf, certaintyOf, headlineOf, lineOf, sinceWhat, suspicionOf } from '../wording.ts'

function linesOf(n: Notification): string[] {
  const [top] = n.signals
  const since = sinceWhat(n.deploy)
  const commits = n.incident.commits
    .slice(0, 5)
    .map((c) => safeText(`  ${c.sha.slice(0, 7)} ${(c.message ?? '').split('\n')[0]}`, 120))
  return [
    ...(n.event === 'test' ? ['This is a test of the channel. Nothing is wrong.', ''] : []),
    ...(n.merged ? ['The notice that this fired could not be delivered; this one stands for both.', ''] : []),
    ...n.signals.map((s) => `${safeText(s.service, 80)}: ${lineOf(s, n.event === 'resolved')}`),
    ...(n.truncated > 0 ? [`… and ${n.truncated} more`] : []),
    '',
    ...(since ? [`Since: ${since}`, ...commits] : []),
    ...(top?.closed_reason && n.event === 'resolved' ? [`Why: ${safeText(top.closed_reason, 160)}`] : []),
    ...(top && n.event !== 'resolved' ? [`How sure: ${certaintyOf(top)}`] : []),
    ...(adviceOf(n) ? [`Do: ${adviceOf(n)}`] : []),
    ...(suspicionOf(n) ? [suspicionOf(n)] : []),
  ]
}

/** SMTP answers: 2xx taken, 4xx come back, 5xx never. */
const classifySmtp: ChannelPlugin['classify'] = (status) =>
  status >= 200 && status < 300 ? 'delivered' : status >= 500 ? 'dead' : 'retry'

/**
 * Mail by SMTP: `smtp://user@host:587?from=…&to=a@x,b@y`, `smtps://` for TLS from the start. The secret is the password. The
 * mails of one incident form one conversation.
 */
const email: ChannelPlugin = {
  kind: 'email',
  render: (n, target) => {
    const { searchParams } = new URL(target.url)
    const state = n.event === 'resolved' ? 'RESOLVED' : n.event === 'test' ? 'TEST' : n.incident.severity.toUpperCase()
    const lines = linesOf(n)
    const links = [
      { label: 'Verdict', url: safeLink(linkOf(n)) },
      { label: 'Diff', url: diffUrl(n.deploy) },
    ].filter((l): l is { label: string; url: string } => l.url !== null)
    const rows = lines.map((line) => (line === '' ? '<br>' : `<div>${escapeHtml(line)}</div>`)).join('\n')
    const anchors = links.map((l) => `<a href="${escapeHtml(l.url)}">${l.label}</a>`).join(' · ')
    return {
      transport: 'smtp',
      url: target.url,
      password: target.secrets[0] ?? null,
      from: searchParams.get('from') ?? '',
      to: (searchParams.get('to') ?? '').split(',').filter(Boolean),
      subject: safeText(`[${state}] ${headlineOf({ ...n, event: n.event === 'test' ? 'firing' : n.event })}`, 200),
      text: [...lines, '', ...links.map((l) => `${l.label}: ${l.url}`)].join('\n'),
      html: `<div style="font:15px/1.4 system-ui,sans-serif">\n${rows}\n<p>${anchors}</p>\n</div>`,
      thread: n.incident.id,
    }
  },
  classify: classifySmtp,
}

export default email
