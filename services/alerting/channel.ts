import type { ChannelKind } from '../../shared/model/alert.ts'
import type { DeployInfo, Notification } from './types.ts'

/**
 * Where a message goes. `secrets` are those that are live, newest first; `thread` is what an earlier message of the incident left
 * there (see `Reading`).
 */
export type Target = { name: string; url: string; secrets: readonly string[]; thread: string | null }

/** An HTTP request, whole but for what is added to each alike: user agent, length, and the signature where `signed`. */
export type HttpRequest = {
  transport: 'http'
  method: 'GET' | 'POST' | 'PATCH'
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

/** A program of the operator's, by its name in the configuration file; `input` is its standard input. */
export type ScriptRequest = { transport: 'script'; name: string; url: string; input: string }

export type ChannelRequest = HttpRequest | MailRequest | ScriptRequest

/** What a receiver answered: HTTP status, SMTP code or exit code. `body` is empty for channels that do not read it. */
export type Answer = { status: number; body: string; retryAfter: string | undefined }

/** What an answer means: `retry` by the schedule, `dead` at once, `disable` the channel too. */
export type Outcome = 'delivered' | 'retry' | 'dead' | 'disable'

/** What an answer means, in channels where the status alone does not say it. */
export type Reading = {
  outcome: Outcome
  /** For people: what went wrong and what to do. Nothing that the receiver wrote. */
  error?: string
  /** Where the next message of this incident belongs, kept with the incident; null forgets it. */
  thread?: string | null
  /** What is sent next, where this one was delivered and is not all of it. */
  next?: HttpRequest
}

/** A deploy, told as a fact and not as an alert. */
export type DeployNotice = { deploy: DeployInfo & { environment: string }; base_url: string; made_at: string }

/** One kind of channel. It does no IO: it renders, and says what an answer means. */
export type ChannelPlugin = {
  kind: ChannelKind
  /** Null where this receiver has nothing to be told; the delivery then counts as done. */
  render(n: Notification, target: Target): ChannelRequest | null
  classify(status: number): Outcome
  /** Where given, the answer's body is read and this stands for `classify`. `to` is the request that was answered. */
  read?(answer: Answer, to: HttpRequest, n: Notification, target: Target): Reading
  /** Where given, this kind is told of every deploy too. */
  renderDeploy?(d: DeployNotice, target: Target): HttpRequest
}

/** What an answer means: 2xx is done; 408, 425, 429 and 5xx come back; 410 disables; all else is dead. */
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
