import type { Deploy } from '../../shared/model/deploy.ts'
import type { Verdict } from '../../shared/model/verdict.ts'
import type { Clock } from '../../shared/runtime/clock.ts'
import { groupTraces, pastRequests } from './history.ts'
import { startLoad } from './load.ts'
import type { Notice, Receiver } from './receiver.ts'
import { releases } from './shop/releases.ts'
import { openShop, type Shop } from './shop.ts'

/** The part of an API client that the story needs. */
export type Api = {
  get<T>(path: string): Promise<T>
  send<T>(method: 'POST', path: string, body?: unknown): Promise<T>
}

export type StoryOptions = {
  api: Api
  otlpUrl: string
  webUrl: string
  receiver: Receiver
  clock: Clock
  random: () => number
  say: (line: string) => void
  signal: AbortSignal
}

export type Outcome = { ok: boolean; firingAfterS: number | null; resolvedAfterS: number | null; harmless: string }

const CAPTURE_MS = 16_000
const REQUESTS_PER_S = 12
const HISTORY_MIN = 45
const PATIENCE_MS = 12 * 60_000

const release = (service: string, index: number) => {
  const found = releases[service]?.[index]
  if (!found) throw new Error(`cannot find release ${index} of ${service}`)
  return found
}

/** The whole demo: history, a harmless deploy, a bad one, what on-call gets, the rollback, and what on-call gets then. */
export async function tellStory(o: StoryOptions): Promise<Outcome> {
  o.say('starting a shop of six services, each in its own process with the OpenTelemetry SDK …')
  const shop = await openShop(o.otlpUrl)
  const load = startLoad({ call: shop.call, perSecond: REQUESTS_PER_S, clock: o.clock, random: o.random })
  try {
    await o.clock.sleep(CAPTURE_MS, o.signal)
    shop.stopCapture()
    await sendHistory(o, shop)
    return await actOut(o, shop)
  } finally {
    await load.stop()
    await shop.stop()
  }
}

async function sendHistory(o: StoryOptions, shop: Shop): Promise<void> {
  const traces = groupTraces(shop.spans)
  const toMs = Math.min(...shop.spans.map(({ span }) => span.startMs))
  const resources = Object.fromEntries(
    Object.keys(releases).map((service) => {
      const { version, commit } = release(service, 0)
      return [
        service,
        {
          'service.version': version,
          'vcs.ref.head.revision': commit,
          'service.instance.id': `${service}-0`,
          'deployment.environment.name': 'demo',
        },
      ]
    }),
  )
  const minutes = { fromMs: toMs - HISTORY_MIN * 60_000, toMs, perMinute: REQUESTS_PER_S * 60 }
  o.say(
    `sending ${HISTORY_MIN} minutes of history through OTLP, drawn from ${traces.length} of the shop's own traces …`,
  )
  for (const body of pastRequests({ traces, ...minutes, resources, random: o.random })) {
    await post(o, `${o.otlpUrl}/v1/traces`, body)
  }
}

/** Sends one OTLP request, and again when told to wait. */
async function post(o: StoryOptions, url: string, body: string): Promise<void> {
  for (let attempt = 1; attempt <= 20; attempt++) {
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    await response.arrayBuffer()
    if (response.ok) return
    if (response.status !== 429 && response.status !== 503)
      throw new Error(`cannot send history: ${url} answered ${response.status}`)
    await o.clock.sleep(1000 * Number(response.headers.get('retry-after') ?? 1), o.signal)
  }
  throw new Error(`cannot send history: ${url} stayed overloaded`)
}

async function deploy(
  o: StoryOptions,
  shop: Shop,
  service: string,
  index: number,
  kind: 'deploy' | 'rollback',
): Promise<Deploy> {
  const to = release(service, index)
  const from = release(service, kind === 'deploy' ? index - 1 : index + 1)
  await shop.deploy(service, to.version)
  return o.api.send<Deploy>('POST', '/deploys', {
    service,
    environment: 'demo',
    version: to.version,
    commit: to.commit,
    base_commit: from.commit,
    commits: kind === 'deploy' ? [{ sha: to.commit, message: to.message, author: 'release-bot' }] : [],
    kind,
    started_at: new Date(o.clock.nowMs()).toISOString(),
    actor: 'release-bot',
  })
}

async function waitFor<T>(o: StoryOptions, ask: () => Promise<T | undefined> | T | undefined): Promise<T | undefined> {
  const endMs = o.clock.nowMs() + PATIENCE_MS
  while (o.clock.nowMs() < endMs && !o.signal.aborted) {
    const answer = await ask()
    if (answer !== undefined) return answer
    await o.clock.sleep(1000, o.signal)
  }
  return undefined
}

const told = (receiver: Receiver, status: Notice['status'], commit: string) =>
  receiver.notices.find((n) => n.status === status && n.alerts.some((alert) => alert.labels.commit === commit))

async function actOut(o: StoryOptions, shop: Shop): Promise<Outcome> {
  const harmless = await deploy(o, shop, 'catalog', 1, 'deploy')
  o.say(`deployed catalog ${harmless.version} (${harmless.commit.slice(0, 7)}), a harmless refactoring`)
  const bad = await deploy(o, shop, 'checkout', 1, 'deploy')
  const badAtMs = o.clock.nowMs()
  o.say(
    `deployed checkout ${bad.version} (${bad.commit.slice(0, 7)}): "${release('checkout', 1).message}", which fails for some currencies`,
  )
  o.say(`watch it: ${o.webUrl}/deploys/${bad.id}`)
  const since = () => Math.round((o.clock.nowMs() - badAtMs) / 1000)
  const firing = await waitFor(o, () => told(o.receiver, 'firing', bad.commit))
  const firingAfterS = firing ? since() : null
  o.say(firing ? `on-call was told ${firingAfterS} s after the bad deploy` : 'on-call was not told in time')

  const back = await deploy(o, shop, 'checkout', 0, 'rollback')
  const backAtMs = o.clock.nowMs()
  o.say(`rolled checkout back to ${back.version}`)
  const resolved = firing && (await waitFor(o, () => told(o.receiver, 'resolved', bad.commit)))
  const resolvedAfterS = resolved ? Math.round((o.clock.nowMs() - backAtMs) / 1000) : null
  if (resolved) o.say(`on-call was told that it is over ${resolvedAfterS} s after the rollback`)

  const verdict = await waitFor(o, () => decided(o, harmless.id))
  o.say(`the harmless deploy of catalog: ${verdict?.verdict ?? 'undecided'} (${verdict?.reason ?? 'no verdict yet'})`)
  const ok = firing !== undefined && resolved !== undefined && verdict?.verdict === 'no_difference'
  return { ok, firingAfterS, resolvedAfterS, harmless: verdict?.verdict ?? 'undecided' }
}

async function decided(o: StoryOptions, id: string): Promise<Verdict | undefined> {
  const verdict = await o.api.get<Verdict>(`/deploys/${id}/verdict`)
  return verdict.verdict === 'pending' || verdict.verdict === 'insufficient_data' ? undefined : verdict
}
