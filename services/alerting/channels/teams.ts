import { type ChannelPlugin, classifyHttp, postJson } from '../channel.ts'
import { diffUrl, linkOf, traceLink } from '../notification.ts'
import { safeText } from '../text.ts'
import type { Notification } from '../types.ts'
import { adviceOf, certaintyOf, lineOf, originOf, reachOf, sinceWhat, stateOf, suspicionOf } from '../wording.ts'

/** Markdown that telemetry may hold is shown as it is. */
const plain = (text: string) => text.replace(/[\\`*_[\]]/g, (c) => `\\${c}`)

const block = (text: string, more: Record<string, unknown> = {}) => ({ type: 'TextBlock', text, wrap: true, ...more })

function facts(n: Notification): { title: string; value: string }[] {
  const [top] = n.signals
  const all: [string, string][] = [
    ['Since', sinceWhat(n.deploy)],
    ['Hurts', n.event === 'resolved' ? '' : reachOf(n).replace(/^Hurts /, '')],
    ['How sure', top && n.event !== 'resolved' ? certaintyOf(top) : ''],
    ['Do', adviceOf(n)],
    ['Began', originOf(n).replace(/^Most likely began /, '')],
    ['Perhaps', suspicionOf(n).replace(/^Possible cause: /, '')],
  ]
  return all.filter(([, value]) => value !== '').map(([title, value]) => ({ title, value: plain(value) }))
}

/** Microsoft Teams by a workflow's webhook: an adaptive card. Teams does not dedup: a repeat may be seen twice. */
const teams: ChannelPlugin = {
  kind: 'teams',
  render: (n, target) => {
    const state = n.event === 'resolved' ? 'Resolved' : n.incident.severity === 'critical' ? 'Critical' : 'Warning'
    const diff = diffUrl(n.deploy)
    const trace = n.signals[0]?.trace_ids[0]
    const actions = [
      { title: 'Verdict', url: linkOf(n) },
      ...(diff ? [{ title: 'Diff', url: diff }] : []),
      ...(trace ? [{ title: 'Trace', url: traceLink(n, trace) }] : []),
    ]
    const card = {
      $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
      type: 'AdaptiveCard',
      version: '1.4',
      body: [
        block(`${state}: ${plain(stateOf(n))}`, {
          weight: 'Bolder',
          size: 'Medium',
          color: n.event === 'resolved' ? 'Good' : n.incident.severity === 'critical' ? 'Attention' : 'Warning',
        }),
        ...n.signals.slice(0, 6).map((s) =>
          block(`${plain(safeText(s.service, 60))}: ${plain(lineOf(s, n.event === 'resolved'))}`, {
            spacing: 'Small',
          }),
        ),
        { type: 'FactSet', facts: facts(n) },
        ...(n.merged ? [block('The notice that this fired could not be delivered.', { isSubtle: true })] : []),
        ...(n.event === 'test' ? [block('This is a test of the channel. Nothing is wrong.', { isSubtle: true })] : []),
      ],
      actions: actions.filter((a) => /^https?:/.test(a.url)).map((a) => ({ type: 'Action.OpenUrl', ...a })),
    }
    return postJson(target.url, {
      type: 'message',
      attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: card }],
    })
  },
  classify: classifyHttp,
}

export default teams
