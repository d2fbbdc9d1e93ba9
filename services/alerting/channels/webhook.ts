import { alertmanagerBody } from '../alerts.ts'
import { type ChannelPlugin, classifyHttp, postJson } from '../channel.ts'

/** Any receiver: the body of Alertmanager's webhook, version 4, under the headers of Standard Webhooks 1.0.0. */
const webhook: ChannelPlugin = {
  kind: 'webhook',
  render: (n, target) => ({ ...postJson(target.url, alertmanagerBody(n, target.name)), signed: true }),
  classify: classifyHttp,
}

export default webhook
