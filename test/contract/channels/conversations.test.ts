import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ChannelKind } from '../../../shared/model/alert.ts'
import { createChannel } from '../../../shared/state/channels.ts'
import { enqueueTest, listDeliveries } from '../../../shared/state/deliveries.ts'
import { type AlertBed, anomalyOf, closed, fireIn, openAlertBed, T0 } from '../../support/alerting.ts'
import { type Answer, openSink, type Received, type Sink } from '../../support/sink.ts'

let bed: AlertBed
let sink: Sink
let answer: (request: Received) => Answer

beforeEach(async () => {
  bed = await openAlertBed()
  answer = () => ({ status: 200 })
  sink = await openSink((request) => answer(request))
})
afterEach(async () => {
  await bed.close()
  await sink.close()
})

const add = async (kind: ChannelKind, path: string, secret: string) => {
  const url = new URL(path, sink.url).href
  return (await createChannel(bed.context, { name: kind, kind, url, secret })).channel
}
const anomaly = async () => {
  const id = await bed.deployV42()
  return anomalyOf({ deploy: { id, version: 'v42', commit: 'b'.repeat(40), commits: [] } })
}
/** It fires, and is over again, in the bed's time. */
const fire = (...of: ReturnType<typeof anomalyOf>[]) => fireIn(bed, ...of)
const end = async (a: ReturnType<typeof anomalyOf>) => {
  await bed.pass(closed(a, bed.clock.nowMs() - T0))
  await bed.clock.advance(60_000)
  await bed.pass()
}
const later = async (ms: number) => {
  await bed.clock.advance(ms)
  await bed.deliver()
}
const bodies = () => sink.received.map((r) => (r.body ? JSON.parse(r.body) : null) as Record<string, unknown>)
const calls = () => sink.received.map((r) => `${r.method} ${r.path.replace(/[0-9a-f]{40}/, '{sha}')}`)
const deliveries = async () =>
  (await listDeliveries(bed.state)).items.reverse().map((d) => [d.event, d.state, d.last_error] as const)

describe('Slack with a bot token', () => {
  const TOKEN = 'xoxb-000000-secret'
  const open = () => add('slack', '/api/chat.postMessage?channel=C042', TOKEN)
  const posted = (ts: string): Answer => ({ status: 200, body: JSON.stringify({ ok: true, ts }) })
  const refused = (error: string): Answer => ({ status: 200, body: JSON.stringify({ ok: false, error }) })

  it('keeps the messages of an incident in one thread, over a restart too, and of another in another', async () => {
    await open()
    let n = 0
    answer = () => posted(`1700000000.00000${++n}`)
    const first = await anomaly()
    await fire(first)
    await bed.restart()
    await end(first)
    await fire(anomalyOf({ id: 'ano_2', service: 'cart', deploy: null }))
    expect(sink.received.map((r) => [r.path, r.headers.authorization])).toEqual(
      Array(3).fill(['/api/chat.postMessage', `Bearer ${TOKEN}`]),
    )
    const shown = bodies().map((b) => [b.channel, b.thread_ts, b.reply_broadcast])
    expect(shown).toEqual([
      ['C042', undefined, undefined],
      ['C042', '1700000000.000001', true],
      ['C042', undefined, undefined],
    ])
    expect((await deliveries()).map(([, state]) => state)).toEqual(['delivered', 'delivered', 'delivered'])
  })

  it.each([
    ['internal_error', 'pending', 'could not take it now'],
    ['ratelimited', 'pending', 'could not take it now'],
    ['channel_not_found', 'dead', 'invite the bot'],
    ['invalid_auth', 'dead', 'give the channel a new one'],
    ['something_of_tomorrow', 'dead', 'see what the bot may do'],
  ])('that is answered %s under a 200 is %s', async (error, state, says) => {
    await open()
    answer = () => refused(error)
    await fire(anomalyOf())
    expect(await deliveries()).toEqual([['firing', state, expect.stringContaining(says)]])
    expect(JSON.stringify(await deliveries())).not.toMatch(/xoxb|something_of_tomorrow/)
  })

  it('begins a new thread where the old one was deleted, and loses nothing', async () => {
    await open()
    const a = anomalyOf()
    answer = () => posted('1.1')
    await fire(a)
    answer = (r) => (r.body.includes('thread_ts') ? refused('thread_not_found') : posted('2.2'))
    await end(a)
    await later(7_000)
    expect(bodies().map((b) => b.thread_ts)).toEqual([undefined, '1.1', undefined])
    expect((await deliveries()).map(([event, state]) => [event, state])).toEqual([
      ['firing', 'delivered'],
      ['resolved', 'delivered'],
    ])
  })

  it('waits as long as Slack asks, and reads a cut answer as none', async () => {
    await open()
    answer = () => ({ status: 429, headers: { 'retry-after': '60' } })
    await fire(anomalyOf())
    await later(50_000)
    expect(sink.received).toHaveLength(1)
    answer = () => ({ status: 200, body: '{"ok":tr' })
    await later(15_000)
    expect(await deliveries()).toEqual([['firing', 'pending', 'Slack could not take it now']])
  })

  it('must name its conversation, and without a token must not', async () => {
    await expect(add('slack', '/api/chat.postMessage', TOKEN)).rejects.toThrow('?channel=')
    await expect(
      createChannel(bed.context, { name: 's', kind: 'slack', url: `${sink.url}?channel=C1` }),
    ).rejects.toThrow('bot token')
  })
})

describe('GitHub', () => {
  const open = () => add('github', '/repos/acme/checkout', 'github_token_secret')
  const github =
    (pulls: Answer, comments: Answer): ((r: Received) => Answer) =>
    (r) =>
      r.path.includes('/pulls') ? pulls : r.path.includes('/comments') ? comments : { status: 201, body: '{"id":1}' }
  const pulls = { status: 200, body: JSON.stringify([{ number: 17 }]) }

  it('gets a status and one comment on the pull request of the guilty commit, rewritten when it is over', async () => {
    await open()
    answer = github(pulls, { status: 201, body: '{"id":4711}' })
    const a = await anomaly()
    await fire(a)
    await end(a)
    expect(calls()).toEqual([
      'POST /repos/acme/checkout/statuses/{sha}',
      'GET /repos/acme/checkout/commits/{sha}/pulls?per_page=5',
      'POST /repos/acme/checkout/issues/17/comments',
      'POST /repos/acme/checkout/statuses/{sha}',
      'PATCH /repos/acme/checkout/issues/comments/4711',
    ])
    const [firing, over] = [String(bodies()[2]?.body), String(bodies()[4]?.body)]
    for (const part of [
      'POST /pay',
      '12.4 %',
      '+11.3 points',
      'v42',
      'Ada Lovelace',
      'Roll back',
      '/compare/',
      'How sure',
    ])
      expect(firing).toContain(part)
    expect(over).toMatch(/^\*\*checkout is back to normal/)
    expect((await deliveries()).every(([, state]) => state === 'delivered')).toBe(true)
  })

  it('gets no comment where the commit came by no pull request', async () => {
    await open()
    answer = github({ status: 200, body: '[]' }, { status: 500 })
    const a = await anomaly()
    await fire(a)
    await end(a)
    expect(calls().filter((c) => c.includes('comments'))).toEqual([])
    expect((await deliveries()).map(([, state]) => state)).toEqual(['delivered', 'delivered'])
  })

  it('that lets the token write statuses alone keeps the status, and says what is missing', async () => {
    await open()
    answer = github(pulls, { status: 403, body: '{"message":"github_token_secret"}' })
    await fire(await anomaly())
    expect(await deliveries()).toEqual([['firing', 'delivered', expect.stringContaining('write pull requests')]])
  })

  it('that limits us by 403 and Retry-After is asked again', async () => {
    await open()
    answer = github(pulls, { status: 403, headers: { 'retry-after': '60' } })
    await fire(await anomaly())
    expect((await deliveries())[0]?.[1]).toBe('pending')
    answer = github(pulls, { status: 201, body: '{"id":1}' })
    await later(61_000)
    expect((await deliveries())[0]?.[1]).toBe('delivered')
  })

  it('mentions nobody, links nothing and renders nothing that telemetry says', async () => {
    await open()
    answer = github(pulls, { status: 201, body: '{"id":1}' })
    const hostile = '@acme/oncall #12 https://evil.example www.evil.example <img src=x> [x](y) `z` | *b*'
    await fire({ ...(await anomaly()), dimension: hostile })
    const text = String(bodies()[2]?.body)
    expect(text).not.toMatch(/@acme|#12|https:\/\/evil|www\.evil|<img|\[x\]\(|`z`/)
    expect(text).toContain('@<!-- -->acme')
  })

  it('is only asked for the repository by a test', async () => {
    const channel = await open()
    await enqueueTest(bed.context, channel.id)
    await bed.deliver()
    expect(calls()).toEqual(['GET /repos/acme/checkout'])
  })
})
