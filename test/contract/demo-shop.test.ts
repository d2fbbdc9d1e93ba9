import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTelemetry } from '../../services/demo/shop/telemetry.ts'

const bodies = new Map<string, Buffer>()
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  bodies.set(request.url ?? '', Buffer.concat(chunks))
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
})
beforeAll(() => new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening)))
afterAll(() => new Promise((closed) => server.close(closed)))

it('a service of the demo says by which SDK it sends, beside its own name and version', async () => {
  const { port } = server.address() as AddressInfo
  const telemetry = startTelemetry({
    ...{ service: 'cart', version: '1.0.0', commit: 'abcdef0', instance: 'cart-1' },
    endpoint: `http://127.0.0.1:${port}`,
    onSpan: () => {},
  })
  telemetry.info('hello')
  await telemetry.stop()
  const sent = bodies.get('/v1/logs')?.toString('latin1') ?? ''
  for (const text of ['telemetry.sdk.language', 'nodejs', 'service.version', 'abcdef0', 'cart-1', 'demo'])
    expect(sent).toContain(text)
  expect(sent).not.toContain('unknown_service')
})
