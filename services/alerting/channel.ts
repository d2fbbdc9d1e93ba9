import type { ChannelKind } from '../../shared/model/alert.ts'
import type { Notification } from './types.ts'

/** Where a message goes. `secrets` are those that are live, newest first. */
export type Target = { name: string; url: string; secrets: readonly string[] }

/** An HTTP request, whole but for what is added to each alike: user agent, length, and the signature where `signed`. */
export type HttpRequest = {
  transport: 'http'
  method: 'GET' | 'POST'
  url: string
  headers: Record<string, string>
  body: string
  signed: boolean
}

export type MailRequest = {
  transport: 'smtp'
  url: string
  password: string | null
  from: string
  to: string[]
  subject: string
  text: string
  html: string
  /** Ties the mails of an incident into one conversation. */
  thread: string
}

/** What an answer means: `retry` by the schedule, `dead` at once, `disable` the channel too. */
export type Outcome = 'delivered' | 'retry' | 'dead' | 'disable'

/** One kind of channel. It does no IO: it renders, and says what an answer means. */
export type ChannelPlugin = {
  kind: ChannelKind
  /** Null where this receiver has nothing to be told; the delivery then counts as done. */
  render(n: Notification, target: Target): HttpRequest | MailRequest | null
  classify(status: number): Outcome
}

/** The classes of RELIABILITY 3.2: 2xx is done; 408, 425, 429 and 5xx come back; 410 disables; all else is dead. */
export function classifyHttp(status: number): Outcome {
  if (status >= 200 && status < 300) return 'delivered'
  if (status === 408 || status === 425 || status === 429 || status >= 500) return 'retry'
  return status === 410 ? 'disable' : 'dead'
}

export const postJson = (url: string, body: unknown, headers: Record<string, string> = {}): HttpRequest => ({
  transport: 'http',
  method: 'POST',
  url,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
  signed: false,
})
