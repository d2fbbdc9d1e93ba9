import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { listen } from '../../shared/runtime/http.ts'

export type Notice = {
  webhookId: string
  status: 'firing' | 'resolved'
  alerts: { labels: Record<string, string>; annotations: Record<string, string>; status: string }[]
}

export type Receiver = { url: string; notices: Notice[]; setSecret(secret: string): void; close(): Promise<void> }

/** Checks a Standard Webhooks 1.0.0 signature: HMAC-SHA256 of `id.timestamp.body` under the secret's bytes. */
export function verify(secret: string, headers: IncomingMessage['headers'], body: string): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const expected = createHmac('sha256', key)
    .update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`)
    .digest()
  return String(headers['webhook-signature'] ?? '')
    .split(' ')
    .some((signature) => {
      const given = Buffer.from(signature.replace(/^v1,/, ''), 'base64')
      return given.length === expected.length && timingSafeEqual(given, expected)
    })
}

/** What on-call would have: an endpoint that checks the signature and keeps each message once by its id. */
export async function openReceiver(onNotice: (notice: Notice) => void): Promise<Receiver> {
  const notices: Notice[] = []
  let secret = ''
  const receive = async (request: IncomingMessage): Promise<number> => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    if (!verify(secret, request.headers, body)) return 401
    const webhookId = String(request.headers['webhook-id'])
    if (notices.some((notice) => notice.webhookId === webhookId)) return 204
    const notice = { webhookId, ...(JSON.parse(body) as Omit<Notice, 'webhookId'>) }
    notices.push(notice)
    onNotice(notice)
    return 204
  }
  const listening = await listen(
    (request, response) => {
      const answer = (status: number) => response.writeHead(status).end()
      receive(request).then(answer, () => answer(500))
    },
    { host: '127.0.0.1', port: 0, name: "the demo's webhook receiver" },
  )
  return {
    url: `${listening.url}/on-call`,
    notices,
    setSecret: (value) => {
      secret = value
    },
    close: () => listening.close(200),
  }
}
