import { createTransport } from 'nodemailer'
import { literalOf, refuseAddress, refuseTarget } from '../../shared/security/target.ts'
import type { MailRequest } from './channel.ts'
import { RefusedError } from './failure.ts'
import { guardedAddress } from './lookup.ts'
import { failed, type SendOptions, type Sent, sendLimits } from './send.ts'

const DEFAULT_PORTS: Record<string, number> = { 'smtps:': 465, 'smtp:': 587 }

/** Sends one mail, once, to a server at a public address or one that the operator allowed. Never throws. */
export async function sendMail(mail: MailRequest, id: string, o: SendOptions): Promise<Sent> {
  try {
    const refused = refuseTarget(mail.url, o.allow, 'smtp')
    if (refused !== null) throw new RefusedError(refused)
    const transport = createTransport(await transportOptions(mail, o))
    try {
      const info = await transport.sendMail({
        from: mail.from,
        to: mail.to,
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        messageId: `<${id}@plumbline>`,
        inReplyTo: `<${mail.thread}@plumbline>`,
        references: `<${mail.thread}@plumbline>`,
        headers: { 'webhook-id': id },
      })
      const status = Number(/^\d{3}/.exec(info.response)?.[0] ?? 250)
      return { status, retryAfter: undefined, body: '', failure: null }
    } finally {
      transport.close()
    }
  } catch (error) {
    const status = (error as { responseCode?: number }).responseCode
    if (status !== undefined) return { status, retryAfter: undefined, body: '', failure: null }
    return failed(error)
  }
}

async function transportOptions(mail: MailRequest, o: SendOptions) {
  const limits = o.limits ?? sendLimits
  const url = new URL(mail.url)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const address = literalOf(host, o.allow) ?? (await guardedAddress(host, o))
  // A password goes over TLS, but to a server that the operator named as his own.
  const isPublic = refuseAddress(address, []) === null
  return {
    host: address,
    port: Number(url.port) || (DEFAULT_PORTS[url.protocol] ?? 587),
    secure: url.protocol === 'smtps:',
    requireTLS: mail.password !== null && isPublic,
    tls: { servername: host, ...(o.ca === undefined ? {} : { ca: o.ca }) },
    ...(url.username && mail.password !== null
      ? { auth: { user: decodeURIComponent(url.username), pass: mail.password } }
      : {}),
    connectionTimeout: limits.connectTimeoutMs,
    greetingTimeout: limits.connectTimeoutMs,
    socketTimeout: limits.totalTimeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}
