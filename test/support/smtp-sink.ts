import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'

export type Mail = { from: string; to: string[]; data: string }

export type SmtpSink = { port: number; mails: Mail[]; close(): Promise<void> }

/** A real SMTP receiver on loopback (RFC 5321, the commands that a sender needs). `refuse` answers RCPT with this line. */
export async function openSmtpSink(refuse: () => string | null = () => null): Promise<SmtpSink> {
  const mails: Mail[] = []
  const converse = (socket: Socket) => {
    let buffer = ''
    let data: string[] | null = null
    let mail: Mail = { from: '', to: [], data: '' }
    const say = (line: string) => socket.write(`${line}\r\n`)
    const command = (line: string) => {
      if (/^EHLO/i.test(line)) return say('250-sink\r\n250 SIZE 1000000')
      if (/^HELO|^RSET|^NOOP/i.test(line)) return say('250 OK')
      if (/^MAIL FROM:/i.test(line)) {
        mail = { from: line.slice(10).replace(/[<>]|\s.*$/g, ''), to: [], data: '' }
        return say('250 OK')
      }
      if (/^RCPT TO:/i.test(line)) {
        const refused = refuse()
        if (refused) return say(refused)
        mail.to.push(line.slice(8).replace(/[<>]|\s.*$/g, ''))
        return say('250 OK')
      }
      if (/^DATA/i.test(line)) {
        data = []
        return say('354 go on')
      }
      if (/^QUIT/i.test(line)) {
        say('221 bye')
        return socket.end()
      }
      say('502 not here')
    }
    const line = (text: string) => {
      if (data === null) return command(text)
      if (text !== '.') return void data.push(text.replace(/^\.\./, '.'))
      mails.push({ ...mail, data: data.join('\n') })
      data = null
      say('250 2.0.0 taken')
    }
    socket.on('error', () => {})
    socket.on('data', (part) => {
      buffer += part.toString('utf8')
      for (let end = buffer.indexOf('\r\n'); end >= 0; end = buffer.indexOf('\r\n')) {
        const text = buffer.slice(0, end)
        buffer = buffer.slice(end + 2)
        line(text)
      }
    })
    say('220 sink ready')
  }
  const server = createServer(converse)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    mails,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
