import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns'
import type { AddressInfo, LookupFunction } from 'node:net'

export type NameServer = { lookup: LookupFunction; asked: Map<string, number>; close(): void }

const QUESTION = 12

function nameOf(query: Buffer): { name: string; end: number } {
  const labels: string[] = []
  let i = QUESTION
  while ((query[i] ?? 0) > 0) {
    const length = query[i] ?? 0
    labels.push(query.toString('latin1', i + 1, i + 1 + length))
    i += length + 1
  }
  return { name: labels.join('.').toLowerCase(), end: i + 5 }
}

/** An answer with these A records, time to live 0. */
function answer(query: Buffer, end: number, addresses: readonly string[]): Buffer {
  const head = Buffer.from(query.subarray(0, end))
  head.writeUInt16BE(0x8180, 2)
  head.writeUInt16BE(addresses.length, 6)
  head.writeUInt32BE(0, 8)
  const records = addresses.map((a) =>
    Buffer.from([0xc0, QUESTION, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...a.split('.').map(Number)]),
  )
  return Buffer.concat([head, ...records])
}

/**
 * A name server on loopback. `zone` gives a name's answers in turn: the first is told first, the last for ever.
 */
export async function openNameServer(zone: Record<string, string[][]>): Promise<NameServer> {
  const asked = new Map<string, number>()
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const { name, end } = nameOf(query)
    const turn = asked.get(name) ?? 0
    asked.set(name, turn + 1)
    const answers = zone[name] ?? [[]]
    socket.send(answer(query, end, answers[Math.min(turn, answers.length - 1)] ?? []), from.port, from.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const resolver = new Resolver({ timeout: 1000, tries: 1 })
  resolver.setServers([`127.0.0.1:${(socket.address() as AddressInfo).port}`])
  const lookup: LookupFunction = (hostname, _options, callback) =>
    resolver.resolve4(hostname, (error, addresses) => {
      if (error) return callback(error, '', 0)
      callback(null, addresses.map((address) => ({ address, family: 4 })) as never, 0)
    })
  return { lookup, asked, close: () => socket.close() }
}
