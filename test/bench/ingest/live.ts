import { ITEMS } from './data.ts'
import { liveBodies, type Outcome, RawSender } from './offer.ts'
import { type Side, startSide } from './side.ts'

export type LiveSide = {
  side: Side
  sender: RawSender
  /** Sends one body of the present minute. @throws Error for an answer that is neither a success nor a refusal to be tried again */
  one(): Promise<Outcome>
  close(): Promise<void>
}

/** Plumbline with all targets in a process of its own, and a sender of live spans. */
export async function startLive(): Promise<LiveSide> {
  const side = await startSide('ours')
  const sender = new RawSender(side.url)
  const next = liveBodies()
  return {
    side,
    sender,
    one: async () => {
      const outcome = await sender.post('/v1/traces', next())
      if (![200, 429, 503].includes(outcome.status)) throw new Error(`a body was answered ${outcome.status}`)
      return outcome
    },
    close: async () => {
      sender.close()
      await side.stop()
    },
  }
}

/** Bodies a second until all that was acknowledged can be queried, while `drive` sends. */
export async function goodput({ side }: LiveSide, acked: () => number, drive: () => Promise<void>): Promise<number> {
  const stored = () => side.ask<number>({ cmd: 'count', tables: ['otel_traces'] })
  const before = acked()
  const startedMs = performance.now()
  await drive()
  while ((await stored()) < acked() * ITEMS) await new Promise((resolve) => setTimeout(resolve, 50))
  return (acked() - before) / ((performance.now() - startedMs) / 1000)
}
