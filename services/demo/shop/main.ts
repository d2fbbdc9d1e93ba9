/** One service of the demo shop, in a process of its own. It stands for a user's application and knows nothing of Plumbline. */
import type { AddressInfo } from 'node:net'
import { releases } from './releases.ts'
import { caller, serve } from './server.ts'
import { startTelemetry } from './telemetry.ts'

export type Job = {
  service: string
  version: string
  instance: string
  endpoint: string
  ports: Record<string, number>
}

const job = JSON.parse(process.argv[2] ?? '{}') as Job
const release = releases[job.service]?.find((r) => r.version === job.version)
if (!release) throw new Error(`cannot serve ${job.service} ${job.version}: no such release`)

let capturing = true
process.on('message', (message) => {
  if (message === 'stop-capture') capturing = false
})
const telemetry = startTelemetry({
  ...job,
  commit: release.commit,
  onSpan: (span) => {
    if (capturing && process.connected) process.send?.({ span })
  },
})
const server = await serve(release.routes({ call: caller(job.ports), telemetry, random: Math.random }), telemetry)
process.send?.({ port: (server.address() as AddressInfo).port })

const stop = () => {
  server.close(async () => {
    await telemetry.stop().catch(() => {})
    process.exit(0)
  })
}
process.once('SIGTERM', stop)
process.once('disconnect', stop)
process.on('SIGINT', () => {})
