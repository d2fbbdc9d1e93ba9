/** What each kind of channel asks for. Pure. */
import type { ChannelInput } from '../../lib/types.ts'

type Kind = {
  kind: ChannelInput['kind']
  title: string
  address: string
  example: string
  secret: string
  secretHint: string
}

const own = 'left empty, one is made and shown once'

export const kinds: Kind[] = [
  {
    kind: 'webhook',
    title: 'Webhook (Alertmanager body, signed)',
    address: 'Address',
    example: 'https://example.com/hooks/plumbline',
    secret: 'Signing secret',
    secretHint: own,
  },
  {
    kind: 'slack',
    title: 'Slack',
    address: 'Incoming webhook address, or …/api/chat.postMessage?channel=C…',
    example: 'https://hooks.slack.com/services/…',
    secret: 'Bot token',
    secretHint: 'with chat.postMessage only: one thread per incident',
  },
  {
    kind: 'pagerduty',
    title: 'PagerDuty',
    address: 'Events API address',
    example: 'https://events.pagerduty.com/v2/enqueue',
    secret: 'Routing key',
    secretHint: 'the integration’s key',
  },
  {
    kind: 'alertmanager',
    title: 'Prometheus Alertmanager',
    address: 'Alertmanager’s address',
    example: 'http://alertmanager:9093',
    secret: 'Bearer token',
    secretHint: 'none needed',
  },
  {
    kind: 'teams',
    title: 'Microsoft Teams',
    address: 'Workflow address',
    example: 'https://….logic.azure.com/workflows/…',
    secret: 'Secret',
    secretHint: 'none needed',
  },
  {
    kind: 'email',
    title: 'E-mail',
    address: 'Mail server, sender and recipients',
    example: 'smtp://mail.example.com:587?from=plumbline@example.com&to=on-call@example.com',
    secret: 'Password of the mail server',
    secretHint: 'if it asks for one',
  },
  {
    kind: 'github',
    title: 'GitHub (status on the commit, comment on its pull request)',
    address: 'Repository',
    example: 'https://github.com/owner/name',
    secret: 'Token',
    secretHint: 'may write commit statuses and pull requests',
  },
]

export const verifySample = `import { Webhook } from 'standardwebhooks'

const message = new Webhook(process.env.PLUMBLINE_WEBHOOK_SECRET).verify(body, {
  'webhook-id': headers['webhook-id'],
  'webhook-timestamp': headers['webhook-timestamp'],
  'webhook-signature': headers['webhook-signature'],
})`
