import { type ChildProcess, fork } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CapturedSpan } from './history.ts'
import type { Job } from './shop/main.ts'
import { releases } from './shop/releases.ts'
import { type Call, caller } from './shop/server.ts'

export type Shop = {
  call: Call
  spans: { service: string; span: CapturedSpan }[]
  /** Where each service is reached, whichever version serves it. */
  deploy(service: string, version: string): Promise<void>
  stopCapture(): void
  stop(): Promise<void>
}

type Backend = { child: ChildProcess; port: number; version: string }
type Front = { server: Server; port: number; backend: Backend | null }

/** The address in front of a service: new connections go to the version that runs now, as behind a load balancer. */
async function openFront(): Promise<Front> {
  const front: Front = { server: createServer(), port: 0, backend: null }
  front.server.on('connection', (client: Socket) => {
    if (!front.backend) return client.destroy()
    const upstream = connect(front.backend.port, '127.0.0.1')
    const end = () => {
      client.destroy()
      upstream.destroy()
    }
    client.on('error', end).on('close', () => upstream.end())
    upstream.on('error', end).on('close', () => client.end())
    client.pipe(upstream).pipe(client)
  })
  await new Promise<void>((resolve) => front.server.listen(0, '127.0.0.1', resolve))
  front.port = (front.server.address() as AddressInfo).port
  return front
}

function startBackend(job: Job, onSpan: (span: CapturedSpan) => void): Promise<Backend> {
  const self = fileURLToPath(import.meta.url)
  const entry = fileURLToPath(new URL(`./shop/main${extname(self)}`, import.meta.url))
  const child = fork(entry, [JSON.stringify(job)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  return new Promise((resolve, reject) => {
    child.once('exit', (code) =>
      reject(new Error(`cannot start ${job.service} ${job.version}: it ended with code ${code}`)),
    )
    child.on('message', (message: { port?: number; span?: CapturedSpan }) => {
      if (message.span) onSpan(message.span)
      if (message.port) resolve({ child, port: message.port, version: job.version })
    })
  })
}

/** Lets the process drain and flush its telemetry, and waits for its end. */
function stopBackend(backend: Backend): Promise<void> {
  return new Promise((resolve) => {
    if (backend.child.exitCode !== null) return resolve()
    backend.child.removeAllListeners('exit').once('exit', () => resolve())
    backend.child.kill('SIGTERM')
  })
}

/** Starts the first release of every service, each in a process of its own. */
export async function openShop(endpoint: string): Promise<Shop> {
  const fronts: Record<string, Front> = {}
  for (const service of Object.keys(releases)) fronts[service] = await openFront()
  const ports = Object.fromEntries(Object.entries(fronts).map(([service, front]) => [service, front.port]))
  const spans: Shop['spans'] = []
  let instances = 0
  const deploy = async (service: string, version: string) => {
    const front = fronts[service]
    if (!front) throw new Error(`cannot deploy ${service}: no such service`)
    instances += 1
    const job = { service, version, instance: `${service}-${instances}`, endpoint, ports }
    const before = front.backend
    front.backend = await startBackend(job, (span) => spans.push({ service, span }))
    if (before) await stopBackend(before)
  }
  await Promise.all(Object.entries(releases).map(([service, [release]]) => deploy(service, release!.version)))
  return {
    call: caller(ports),
    spans,
    deploy,
    stopCapture: () => {
      for (const front of Object.values(fronts)) front.backend?.child.send('stop-capture')
    },
    stop: async () => {
      await Promise.all(Object.values(fronts).map((front) => (front.backend ? stopBackend(front.backend) : undefined)))
      for (const front of Object.values(fronts)) front.server.close()
    },
  }
}
