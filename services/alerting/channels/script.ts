import { alertmanagerBody } from '../alerts.ts'
import type { ChannelPlugin } from '../channel.ts'

/** The exit code by which a program says that no further try can help. */
const NEVER = 100

/** A program of the operator's: the body of a webhook, with the event, on its standard input. Exit 0 is taken, 100 is never, all else is tried again. */
const script: ChannelPlugin = {
  kind: 'script',
  render: (n, target) => ({
    transport: 'script',
    name: target.name,
    url: target.url,
    input: `${JSON.stringify({ event: n.event, ...alertmanagerBody(n, target.name) })}\n`,
  }),
  classify: (code) => (code === 0 ? 'delivered' : code === NEVER ? 'dead' : 'retry'),
}

export default script
