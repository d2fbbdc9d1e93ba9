import type { Channel, ChannelKind } from '../model/alert.ts'
import { refuseTarget } from '../security/target.ts'
import { InvalidInputError } from './errors.ts'

export type ChannelFilter = Channel['filter']

export type ChannelInput = {
  name: string
  kind: ChannelKind
  /** Where to send. May be left out for `pagerduty` (its public endpoint). */
  url?: string | undefined
  secret?: string | null | undefined
  filter?: ChannelFilter | undefined
  enabled?: boolean | undefined
}

const KINDS: readonly ChannelKind[] = ['webhook', 'slack', 'alertmanager', 'pagerduty', 'teams', 'email', 'github']
const PAGERDUTY_URL = 'https://events.pagerduty.com/v2/enqueue'
const NEEDS_SECRET: Partial<Record<ChannelKind, string>> = {
  pagerduty: "the integration's routing key",
  github: 'a token that may write commit statuses and pull requests',
}

export const takesNoSecret = (kind: ChannelKind) => kind === 'teams'

type Checked = { name: string; kind: ChannelKind; url: string; secret: string | null; filter: ChannelFilter }

/** @throws InvalidInputError naming the field and what to do */
export function checkChannel(input: ChannelInput, allowPrivateTargets: readonly string[]): Checked {
  const name = String(input.name ?? '').trim()
  if (name === '' || name.length > 100)
    throw new InvalidInputError('name', 'cannot use this name: it must have 1 to 100 characters')
  if (!KINDS.includes(input.kind))
    throw new InvalidInputError(
      'kind',
      `cannot use kind "${String(input.kind).slice(0, 40)}": known are ${KINDS.join(', ')}`,
    )
  const url = urlOf(input)
  if (url.length > 2000) throw new InvalidInputError('url', 'cannot use this URL: it is longer than 2000 characters')
  const refused = refuseTarget(url, allowPrivateTargets, input.kind === 'email' ? 'smtp' : 'http')
  if (refused) throw new InvalidInputError('url', refused)
  if (input.kind === 'email') checkMailUrl(url)
  const secret = checkSecret(input.kind, input.secret ?? undefined)
  if (input.kind === 'slack') checkSlack(url, secret)
  return { name, kind: input.kind, url, secret, filter: checkFilter(input.filter ?? null) }
}

/** PagerDuty has one address for all; a repository may be given as people see it. */
function urlOf(input: ChannelInput): string {
  if (input.kind === 'pagerduty') return input.url || PAGERDUTY_URL
  const path = /^https:\/\/github\.com\/([\w.-]+\/[\w.-]+?)(?:\.git|\/)?$/.exec(input.url ?? '')?.[1]
  return input.kind === 'github' && path ? `https://api.github.com/repos/${path}` : (input.url ?? '')
}

/** @throws InvalidInputError when the kind needs one that is missing, or it is too short to protect anything */
export function checkSecret(kind: ChannelKind, secret: string | undefined): string | null {
  const needed = NEEDS_SECRET[kind]
  if (!secret) {
    if (needed) throw new InvalidInputError('secret', `cannot create channel: "${kind}" needs a secret, ${needed}`)
    return null
  }
  if (secret.length > 1000 || /[\r\n\0]/.test(secret))
    throw new InvalidInputError('secret', 'cannot use this secret: it must be one line of at most 1000 characters')
  if (kind === 'webhook' && secret.length < 8)
    throw new InvalidInputError('secret', 'cannot use this secret: it is too short. Leave it out to have one made')
  if (secret.startsWith('whsec_') && !/^whsec_[A-Za-z0-9+/]{4,}={0,2}$/.test(secret))
    throw new InvalidInputError(
      'secret',
      'cannot use this secret: after whsec_ it must be base64. Leave it out to have one made',
    )
  return secret
}

/** With a bot token messages go by Slack's API, which must know the conversation; an incoming webhook has its own. */
function checkSlack(text: string, token: string | null): void {
  const channel = new URL(text).searchParams.get('channel')
  if (token !== null && !channel)
    throw new InvalidInputError(
      'url',
      'cannot use this URL with a bot token: write https://slack.com/api/chat.postMessage?channel=C0123456789, or leave the secret out for an incoming webhook',
    )
  if (token === null && channel)
    throw new InvalidInputError('secret', 'cannot create channel: this URL needs the bot token as its secret (xoxb-…)')
}

function checkMailUrl(text: string): void {
  const { searchParams } = new URL(text)
  const to = (searchParams.get('to') ?? '').split(',').filter(Boolean)
  const isAddress = (address: string) => /^[^\s@<>]+@[^\s@<>]+$/.test(address)
  if (to.length === 0 || to.length > 50 || !to.every(isAddress) || !isAddress(searchParams.get('from') ?? ''))
    throw new InvalidInputError(
      'url',
      'cannot use this URL: write smtp://mail.example.com:587?from=plumbline@example.com&to=oncall@example.com (up to 50, with commas)',
    )
}

function checkFilter(filter: ChannelFilter): ChannelFilter {
  if (filter === null) return null
  for (const [key, value] of Object.entries(filter)) {
    if (!['services', 'environments', 'severities'].includes(key))
      throw new InvalidInputError(
        'filter',
        `cannot use filter "${key.slice(0, 40)}": known are services, environments, severities`,
      )
    if (
      value !== undefined &&
      (!Array.isArray(value) || value.length > 1000 || value.some((v) => typeof v !== 'string'))
    )
      throw new InvalidInputError('filter', `cannot use filter ${key}: it must be a list of at most 1000 texts`)
  }
  return filter
}
