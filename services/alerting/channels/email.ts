import type { ChannelPlugin } from '../channel.ts'
import { diffUrl, linkOf, traceLink } from '../notification.ts'
import { escapeHtml, safeLink, safeText } from '../text.ts'
import type { Notification } from '../types.ts'
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

type Part = { label: string; lines: string[] }

/** What the mail says, in the order in which it is read: what is worse, since what, how sure, what to do. */
function partsOf(n: Notification): Part[] {
  const over = n.event === 'resolved'
  const [top] = n.signals
  const since = sinceWhat(n.deploy)
  const commits = n.incident.commits
    .slice(0, 5)
    .map((c) => safeText(`${c.sha.slice(0, 7)} ${(c.message ?? '').split('\n')[0]}`, 120))
  const signals = n.signals.map((s) => `${safeText(s.service, 80)}: ${lineOf(s, over)}`)
  const part = (label: string, ...lines: string[]) => ({ label, lines: lines.filter((line) => line !== '') })
  return [
    part(
      '',
      n.event === 'test' ? 'This is a test of the channel. Nothing is wrong.' : '',
      n.merged ? 'The notice that this fired could not be delivered; this one stands for both.' : '',
    ),
    part('', ...signals, n.truncated > 0 ? `… and ${n.truncated} more` : '', over ? '' : reachOf(n)),
    part('Since', ...(since ? [since, ...commits] : [])),
    part('Why', over ? safeText(top?.closed_reason ?? '', 160) : ''),
    part('How sure', top && !over ? certaintyOf(top) : ''),
    part('Do', adviceOf(n)),
    part('', originOf(n)),
    part('', suspicionOf(n)),
  ].filter((p) => p.lines.length > 0)
}

type Link = { label: string; url: string }

const textOf = (n: Notification, parts: readonly Part[], links: readonly Link[]): string =>
  [
    stateOf(n),
    '',
    ...parts.flatMap((p) => [...(p.label === '' ? p.lines : [`${p.label}: ${p.lines.join('\n  ')}`]), '']),
    ...links.map((l) => `${l.label}: ${l.url}`),
  ].join('\n')

const COLOURS = { resolved: '#1a7f37', critical: '#cf222e', warning: '#bc4c00' }

function htmlOf(n: Notification, parts: readonly Part[], links: readonly Link[]): string {
  const colour = n.event === 'resolved' ? COLOURS.resolved : COLOURS[n.incident.severity]
  const said = parts.map((p) => {
    const label = p.label === '' ? '' : `<b>${p.label}:</b> `
    return `<p style="margin:0 0 10px">${label}${p.lines.map(escapeHtml).join('<br>')}</p>`
  })
  const anchors = links.map((l) => `<a href="${escapeHtml(l.url)}">${l.label}</a>`).join(' · ')
  const title = `<p style="margin:0 0 10px;font-size:17px;font-weight:600">${escapeHtml(stateOf(n))}</p>`
  const style = `font:15px/1.4 system-ui,sans-serif;border-left:4px solid ${colour};padding-left:12px`
  return `<div style="${style}">\n${[title, ...said, `<p>${anchors}</p>`].join('\n')}\n</div>`
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
    const parts = partsOf(n)
    const links = [
      { label: 'Verdict', url: safeLink(linkOf(n)) },
      { label: 'Diff', url: diffUrl(n.deploy) },
      ...(n.signals[0]?.trace_ids ?? []).map((id, i) => ({ label: `Trace ${i + 1}`, url: safeLink(traceLink(n, id)) })),
    ].filter((l): l is Link => l.url !== null)
    return {
      transport: 'smtp',
      url: target.url,
      password: target.secrets[0] ?? null,
      from: searchParams.get('from') ?? '',
      to: (searchParams.get('to') ?? '').split(',').filter(Boolean),
      subject: safeText(`[${state}] ${headlineOf({ ...n, event: n.event === 'test' ? 'firing' : n.event })}`, 200),
      text: textOf(n, parts, links),
      html: htmlOf(n, parts, links),
      thread: n.incident.id,
    }
  },
  classify: classifySmtp,
}

export default email
