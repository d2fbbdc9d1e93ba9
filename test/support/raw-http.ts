import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { answerCodecs, type SignalName } from './otlp.ts'

export type Answer = { status: number; headers: IncomingHttpHeaders; body: Buffer }

/** One request with exactly these headers and bytes. */
export function send(
  url: string,
  o: { method?: string; headers?: Record<string, string>; body?: Uint8Array | string; chunks?: Uint8Array[] },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      url,
      { method: o.method ?? 'POST', headers: o.headers ?? {}, agent: false },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
        )
        response.on('error', reject)
      },
    )
    request.on('error', reject)
    for (const chunk of o.chunks ?? []) request.write(chunk)
    request.end(o.body)
  })
}

/** Writes text to a socket, then hangs up or waits for the answer. */
export function sendRaw(url: string, text: string | Buffer, hangUp: boolean): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(text, () => {
        if (hangUp) socket.destroy()
      })
    })
    let answer = ''
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1')
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

export type StatusAnswer = { code: number; message: string; details: string[] }

/** Reads google.rpc.Status from protobuf bytes by hand: the tests must not trust the encoder that they test. */
export function decodeStatus(bytes: Buffer): StatusAnswer {
  const status: StatusAnswer = { code: 0, message: '', details: [] }
  let at = 0
  const varint = () => {
    let value = 0
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++]
      if (byte === undefined) throw new Error('truncated status')
      value += (byte & 127) * shift
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    if (tag === 8) {
      status.code = varint()
      continue
    }
    const end = varint() + at
    const part = bytes.subarray(at, end)
    if (end > bytes.length) throw new Error('truncated status')
    at = end
    if (tag === 18) status.message = part.toString()
    else if (tag === 26) status.details.push(part.toString('latin1'))
    else throw new Error(`unknown tag ${tag}`)
  }
  return status
}

/** The status of an error answer in the encoding that it says it has. */
export function statusOf(answer: Answer): StatusAnswer {
  const type = answer.headers['content-type']
  if (type === 'application/x-protobuf') return decodeStatus(answer.body)
  if (type !== 'application/json') throw new Error(`an answer of type ${type}`)
  const json = JSON.parse(answer.body.toString()) as { code: number; message: string; details?: object[] }
  return { ...json, details: (json.details ?? []).map((d) => JSON.stringify(d)) }
}

export const partialOf = (signal: SignalName, body: Buffer) =>
  answerCodecs[signal].decode(body) as { partialSuccess?: Record<string, unknown> }
