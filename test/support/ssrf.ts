import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { postJson } from '../../services/alerting/channel.ts'
import { sendHttp } from '../../services/alerting/send.ts'
import { openNameServer } from './name-server.ts'

export type SsrfReport = { tried: number; canaryHits: number; controlHits: number; notRefused: string[] }

const LOOPBACK = [
  '127.0.0.1',
  'localhost',
  'localhost.',
  'LOCALHOST',
  'a.localhost',
  '127.1',
  '127.0.1',
  '2130706433',
  '0x7f000001',
  '0x7f.0.0.1',
  '0177.0.0.1',
  '017700000001',
  '0',
  '0.0.0.0',
  '127.255.255.254',
  '①②⑦.⓪.⓪.①',
  '127。0。0。1',
  '127.0.0.1.',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[0:0:0:0:0:ffff:127.0.0.1]',
  '[::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b:1::7f00:1]',
  '[2002:7f00:1::]',
  '[2001::7f00:1]',
  '%31%32%37.0.0.1',
]

const ELSEWHERE = [
  'http://10.0.0.1/',
  'http://172.16.0.1/',
  'http://192.168.0.1/',
  'http://100.64.0.1/',
  'http://169.254.169.254/latest/meta-data/',
  'http://[fd00:ec2::254]/',
  'http://168.63.129.16/',
  'http://100.100.100.200/',
  'http://198.18.0.1/',
  'http://192.0.2.1/',
  'http://224.0.0.1/',
  'http://240.0.0.1/',
  'http://255.255.255.255/',
  'http://[fe80::1]/',
  'http://[fec0::1]/',
  'http://[ff02::1]/',
  'http://[100::1]/',
  'http://[2001:db8::1]/',
]

/** URLs that say one thing and mean another; `p` is the canary's port. */
const odd = (p: number) => [
  `http://example.com@127.0.0.1:${p}/`,
  `http://127.0.0.1:${p}#@example.com/`,
  `http:\\\\127.0.0.1:${p}/`,
  `http:/127.0.0.1:${p}/`,
  `http://127.0.0.1:${p}\\@example.com/`,
  `ftp://127.0.0.1:${p}/`,
  `gopher://127.0.0.1:${p}/`,
  'file:///etc/passwd',
  'data:text/plain,x',
  'http://127.0.0.1:22/',
]

/** Names of a name server of ours: one private address, one of several, and one that changes between two questions. */
const NAMES = ['private.test', 'mixed.test', 'rebinding.test']

/**
 * Sends to each of these URLs with a canary listening on 127.0.0.1, and one control that the operator allowed (127.0.0.2), which
 * answers with a redirect to the canary.
 */
export async function runSsrf(): Promise<SsrfReport> {
  let canaryHits = 0
  let controlHits = 0
  const canary = createServer((_, response) => {
    canaryHits += 1
    response.end()
  })
  canary.on('connection', () => {
    canaryHits += 1
  })
  await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve))
  const port = (canary.address() as AddressInfo).port
  const control = createServer((_, response) => {
    controlHits += 1
    response.writeHead(302, { location: `http://127.0.0.1:${port}/` }).end()
  })
  await new Promise<void>((resolve) => control.listen(0, '127.0.0.2', resolve))
  const names = await openNameServer({
    'private.test': [['127.0.0.1']],
    'mixed.test': [['93.184.216.34', '127.0.0.1']],
    'rebinding.test': [['93.184.216.34'], ['127.0.0.1']],
  })
  // Whoever looked before saw the public address; the send sees the next answer.
  await new Promise<void>((resolve) => names.lookup('rebinding.test', {}, () => resolve()))
  const urls = [
    ...LOOPBACK.map((host) => `http://${host}:${port}/`),
    ...ELSEWHERE,
    ...odd(port),
    ...NAMES.map((name) => `http://${name}:${port}/`),
  ]
  const options = { allow: ['127.0.0.2/32'], lookup: names.lookup }
  const notRefused: string[] = []
  for (const url of urls) {
    const sent = await sendHttp(postJson(url, {}), {}, options)
    if (sent.failure?.kind !== 'refused') notRefused.push(`${url}: ${JSON.stringify(sent)}`)
  }
  const { address, port: controlPort } = control.address() as AddressInfo
  await sendHttp(postJson(`http://${address}:${controlPort}/`, {}), {}, options)
  names.close()
  for (const server of [canary, control]) {
    server.closeAllConnections()
    server.close()
  }
  return { tried: urls.length, canaryHits, controlHits, notRefused }
}
