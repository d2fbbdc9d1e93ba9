import { createHmac } from 'node:crypto'

/**
 * The key in a secret, as the Standard Webhooks libraries read it: `whsec_` and base64. A secret without the prefix that is
 * valid base64 is read so too; any other text stands for its own bytes.
 */
function keyOf(secret: string): Buffer {
  const bare = secret.startsWith('whsec_') ? secret.slice(6) : secret
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(bare) && bare.length % 4 === 0
  return secret.startsWith('whsec_') || isBase64 ? Buffer.from(bare, 'base64') : Buffer.from(bare, 'utf8')
}

/**
 * Headers of Standard Webhooks 1.0.0. One signature a live secret; `id` is equal on every try, the time is that of the try.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function signatureHeaders(o: {
  id: string
  atMs: number
  body: string
  secrets: readonly string[]
}): Record<string, string> {
  const timestamp = String(Math.floor(o.atMs / 1000))
  const signature = o.secrets.map(
    (secret) => `v1,${createHmac('sha256', keyOf(secret)).update(`${o.id}.${timestamp}.${o.body}`).digest('base64')}`,
  )
  const headers = { 'webhook-id': o.id, 'webhook-timestamp': timestamp }
  return signature.length > 0 ? { ...headers, 'webhook-signature': signature.join(' ') } : headers
}
