import { connect, type Socket } from 'node:net'
import { bodyOf } from './data.ts'

const BODIES = 20
const HEAD_BYTES = 64
/** Requests that may be under way at once: what a machine of this size can hold open. */
const MAX_OPEN = 400
/** Senders that find the capacity. */
const SENDERS = 16

/** `status` 0 where the connection ended before the answer. `reason` is what an answer in protobuf that is no success says. */
export type Outcome = { status: number; ms: number; retryAfterS: number | null; reason: string }

type Connection = { socket: Socket; text: string; done: ((answer: { status: number; text: string }) => void) | null }

/**
 * Sends requests that are ready as bytes over raw sockets, each kept for the next one: a tenth of the CPU time of an HTTP client,
 * so that the sender takes little from the server that it measures.
 */
export class RawSender {
  readonly #host: string
  readonly #port: number
  readonly #idle: Connection[] = []
  readonly #all = new Set<Socket>()

  constructor(url: string) {
    const { hostname, port } = new URL(url)
    this.#host = hostname
    this.#port = Number(port)
  }

  async post(path: string, body: readonly Buffer[]): Promise<Outcome> {
    const startedMs = performance.now()
    const connection = this.#idle.pop() ?? this.#connect()
    const bytes = body.reduce((sum, part) => sum + part.length, 0)
    const head = `POST ${path} HTTP/1.1\r\nhost: ${this.#host}\r\ncontent-type: application/x-protobuf\r\ncontent-length: ${bytes}\r\n\r\n`
    const answer = await new Promise<{ status: number; text: string }>((resolve) => {
      connection.done = resolve
      const { socket } = connection
      socket.cork()
      socket.write(head, 'latin1')
      for (const part of body) socket.write(part)
      socket.uncork()
    })
    const isOver = answer.status === 0 || /\r\nconnection: close/i.test(answer.text) || connection.socket.destroyed
    if (isOver) connection.socket.destroy()
    else this.#idle.push(connection)
    const retry = /\r\nretry-after: (\d+)/i.exec(answer.text)?.[1]
    const retryAfterS = retry === undefined ? null : Number(retry)
    const reason = answer.status === 200 ? '' : (/cannot [ -~]+/.exec(answer.text)?.[0] ?? `status ${answer.status}`)
    return { status: answer.status, ms: performance.now() - startedMs, retryAfterS, reason }
  }

  close(): void {
    for (const socket of this.#all) socket.destroy()
  }

  #connect(): Connection {
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true })
    const connection: Connection = { socket, text: '', done: null }
    this.#all.add(socket)
    const end = (status: number) => {
      const { text, done } = connection
      connection.text = ''
      connection.done = null
      done?.({ status, text })
    }
    socket.on('data', (chunk) => {
      connection.text += chunk.toString('latin1')
      const headEnd = connection.text.indexOf('\r\n\r\n')
      if (headEnd < 0) return
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(connection.text)?.[1] ?? 0)
      if (connection.text.length >= headEnd + 4 + length) end(Number(connection.text.slice(9, 12)))
    })
    socket.on('error', () => end(0))
    socket.on('close', () => {
      this.#all.delete(socket)
      const at = this.#idle.indexOf(connection)
      if (at >= 0) this.#idle.splice(at, 1)
      end(0)
    })
    return connection
  }
}

/**
 * Bodies of 512 spans of the minute in which they are asked for, as live telemetry is. Each differs from the others in a trace id,
 * so that none is taken for a re-send; all but its first bytes are shared.
 */
export function liveBodies(): () => Buffer[] {
  let minute = 0
  let made: Buffer[] = []
  let serial = 0
  return () => {
    const nowMs = Date.now()
    if (Math.floor(nowMs / 60_000) !== minute) {
      minute = Math.floor(nowMs / 60_000)
      made = Array.from({ length: BODIES }, (_, n) => bodyOf('traces', n, nowMs))
    }
    const body = made[serial % BODIES]!
    const traceId = body.indexOf(Buffer.of(0x0a, 0x10)) + 2
    const split = traceId + HEAD_BYTES
    const head = Buffer.from(body.subarray(0, split))
    head.writeUInt32LE(++serial, traceId)
    return [head, body.subarray(split)]
  }
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** Calls `one` as fast as it is answered: each of 16 senders waits for its answer, and a second after another status than 200. */
export async function closedLoop(one: () => Promise<number>, seconds: number): Promise<void> {
  const endMs = performance.now() + seconds * 1000
  const sender = async () => {
    while (performance.now() < endMs) if ((await one()) !== 200) await sleep(1000)
  }
  await Promise.all(Array.from({ length: SENDERS }, sender))
}

/** Calls `one` `perSecond` times a second, whatever is answered; at most 400 are under way, and those beyond it are left out. */
export async function offered(one: () => Promise<number>, perSecond: number, seconds: number): Promise<void> {
  const open = new Set<Promise<void>>()
  const startedMs = performance.now()
  for (let sent = 0; performance.now() - startedMs < seconds * 1000; ) {
    const due = Math.floor(((performance.now() - startedMs) / 1000) * perSecond)
    while (sent < due && open.size < MAX_OPEN) {
      sent += 1
      const call = one().then(() => void open.delete(call))
      open.add(call)
    }
    sent = due
    await sleep(2)
  }
  await Promise.all(open)
}
