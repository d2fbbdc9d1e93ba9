import { alertsOf } from '../alerts.ts'
import { type ChannelPlugin, classifyHttp, postJson } from '../channel.ts'

/** Alertmanager ends an alert by itself at its `endsAt`; ours stand until we say so, or for a week where nobody does. */
const STANDS_MS = 7 * 24 * 3_600_000
/** Nobody says that a test is over. */
const TEST_STANDS_MS = 5 * 60_000

/** Alertmanager's own API v2, which routes, groups and silences further. A secret is sent as a bearer token. */
const alertmanager: ChannelPlugin = {
  kind: 'alertmanager',
  render: (n, target) => {
    const url = /\/api\/v2\/alerts\/?$/.test(target.url)
      ? target.url
      : `${target.url.replace(/\/+$/, '')}/api/v2/alerts`
    const standsMs = n.event === 'test' ? TEST_STANDS_MS : STANDS_MS
    const stands = new Date(Date.parse(n.made_at) + standsMs).toISOString()
    const body = alertsOf(n).map(({ labels, annotations, startsAt, endsAt, generatorURL, status }) => ({
      labels,
      annotations,
      startsAt,
      endsAt: status === 'firing' ? stands : endsAt,
      generatorURL,
    }))
    const [secret] = target.secrets
    return postJson(url, body, secret ? { authorization: `Bearer ${secret}` } : {})
  },
  classify: classifyHttp,
}

export default alertmanager
