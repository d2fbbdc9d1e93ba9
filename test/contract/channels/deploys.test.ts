import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tellDeploys } from '../../../services/alerting/tell-deploys.ts'
import { createChannel } from '../../../shared/state/channels.ts'
import { listDeliveries } from '../../../shared/state/deliveries.ts'
import { recordDeployEvent } from '../../../shared/state/deploys.ts'
import { type AlertBed, at, BASE_URL, openAlertBed } from '../../support/alerting.ts'
import { openSink, type Sink } from '../../support/sink.ts'

let bed: AlertBed
let sink: Sink
beforeEach(async () => {
  bed = await openAlertBed()
  sink = await openSink()
})
afterEach(async () => {
  await bed.close()
  await sink.close()
})

const add = (filter: { services?: string[]; severities?: 'critical'[] } | null = null) =>
  createChannel(bed.context, {
    ...{ name: `pd ${JSON.stringify(filter)}`, kind: 'pagerduty', secret: 'routing-key', filter },
    url: new URL('/v2/enqueue', sink.url).href,
  })
const deploy = (more: object = {}) =>
  recordDeployEvent(
    bed.state,
    {
      ...{ service: 'checkout', environment: 'production', version: 'v42', commit: 'b'.repeat(40) },
      ...{ base_commit: 'a'.repeat(40), repository: 'https://github.com/acme/checkout', started_at: at(1_000) },
      commits: [{ sha: 'b'.repeat(40), message: 'Retry payments\n\nbody', author: 'Ada Lovelace' }],
      ...more,
    } as never,
    'api',
    bed.clock.nowMs(),
  )
const tell = async () => {
  const added = await tellDeploys(bed.context, { kinds: new Set(['pagerduty']), baseUrl: BASE_URL })
  await bed.deliver()
  return added
}

describe('a deploy', () => {
  it('is a change event, once, with commit, author and links', async () => {
    await add()
    await bed.clock.advance(2_000)
    const { deploy: d } = await deploy()
    expect(await tell()).toBe(1)
    expect(await tell()).toBe(0)
    await bed.restart()
    expect(await tell()).toBe(0)
    expect(sink.received.map((r) => `${r.method} ${r.path}`)).toEqual(['POST /v2/change/enqueue'])
    expect(JSON.parse(sink.received[0]?.body ?? '')).toEqual({
      routing_key: 'routing-key',
      payload: {
        summary: 'checkout deployed in production: v42 (bbbbbbb) by Ada Lovelace',
        timestamp: at(1_000),
        source: 'checkout',
        custom_details: {
          ...{ version: 'v42', previous_version: '', commit: 'b'.repeat(40) },
          commits: ['bbbbbbb Retry payments'],
        },
      },
      links: [
        { href: `${BASE_URL}/deploys/${d.id}`, text: 'Verdict' },
        {
          href: `https://github.com/acme/checkout/compare/${'a'.repeat(40)}...${'b'.repeat(40)}`,
          text: 'Diff',
        },
      ],
    })
    expect((await listDeliveries(bed.state)).items).toMatchObject([{ event: 'deploy', state: 'delivered' }])
  })

  it('goes to the channels whose filter names its service, whatever their severities', async () => {
    await add({ services: ['cart'] })
    await add({ severities: ['critical'] })
    await bed.clock.advance(2_000)
    await deploy()
    expect(await tell()).toBe(1)
  })

  it('is no news an hour later, before the channel was there, or where nothing wants it', async () => {
    await createChannel(bed.context, { name: 'hook', kind: 'webhook', url: sink.url })
    await deploy()
    expect(await tell()).toBe(0)
    await bed.clock.advance(10_000)
    await add()
    expect(await tell()).toBe(0)
    await deploy({ version: 'v43', commit: 'c'.repeat(40), started_at: at(11_000) })
    await bed.clock.advance(3_700_000)
    expect(await tell()).toBe(0)
    expect(sink.received).toEqual([])
  })
})
