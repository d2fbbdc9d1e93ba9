import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Incident } from '../../shared/model/alert.ts'
import type { Anomaly } from '../../shared/model/anomaly.ts'
import type { Deploy } from '../../shared/model/deploy.ts'
import type { Verdict } from '../../shared/model/verdict.ts'
import { openTimeline, type Timeline } from '../support/timeline.ts'
import type { Plan } from '../support/traffic.ts'

const routes = (errors: number): Plan['routes'] => ({
  'GET /cart': { perMinute: 40, errors: 0.01, latencyMs: 30 },
  'POST /orders': { perMinute: 40, errors, latencyMs: 80 },
  'GET /orders/:id': { perMinute: 20, errors: 0.01, latencyMs: 20 },
})
const v1: Plan = {
  service: 'checkout',
  version: '1.8.0',
  commit: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1',
  routes: routes(0.01),
}
const v2: Plan = { ...v1, version: '1.9.0', commit: 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb2', routes: routes(0.12) }
const neighbour: Plan = {
  service: 'search',
  version: '7',
  commit: 'ccccccccccccccccccccccccccccccccccccccc3',
  routes: { 'GET /search': { perMinute: 60, errors: 0.01, latencyMs: 50 } },
}
const neighbourNext: Plan = { ...neighbour, version: '8', commit: 'ddddddddddddddddddddddddddddddddddddddd4' }

type Page<T> = { items: T[]; next: string | null }

/**
 *  checkout, POST /orders: error ratio
 *   0.12              ┌──────────┐
 *   0.01  ────────────┘          └────────────
 *         1.8.0       1.9.0      1.8.0 (rollback)
 *              webhook: firing     resolved
 *  search: a new version at the same moment, nothing changes
 */
describe('a bad deploy, its alert, and the rollback', () => {
  let story: Timeline

  beforeAll(async () => {
    story = await openTimeline({ seed: 1 })
    await story.addChannel()
    for (const plan of [v1, neighbour]) {
      await story.past(plan, 90)
      story.serve(plan)
    }
    await story.pass(2)
  }, 180_000)
  afterAll(() => story?.close())

  it('is silent while nothing is deployed', async () => {
    expect(story.told).toEqual([])
    expect((await story.api<Page<Anomaly>>('GET', '/anomalies')).items).toEqual([])
  })

  it('tells on-call within five minutes, once, with commit, route and numbers', async () => {
    story.serve(v2)
    story.serve(neighbourNext)
    const firing = await story.until('firing webhook', story.minute() + 5, () =>
      story.told.find((n) => n.status === 'firing'),
    )
    const alert = firing.alerts.find((a) => a.labels.signal === 'error_ratio' && a.labels.dimension === 'POST /orders')
    expect(alert?.labels).toMatchObject({
      service: 'checkout',
      environment: 'production',
      version: '1.9.0',
      commit: v2.commit,
    })
    expect(alert?.annotations.link).toMatch(/^http:\/\/.*\/deploys\//)
    expect(Number.parseFloat(alert?.annotations.observed ?? '')).toBeGreaterThan(0)
  }, 180_000)

  it('gives the verdict regressed, a finding with its numbers, and one incident', async () => {
    const { items } = await story.api<Page<Deploy & { verdict: string }>>('GET', '/deploys?service=checkout')
    const bad = items.find((d) => d.version === '1.9.0')
    expect(bad?.verdict).toBe('regressed')
    const verdict = await story.api<Verdict>('GET', `/deploys/${bad?.id}/verdict`)
    const finding = verdict.findings.find((f) => f.signal === 'error_ratio' && f.dimension === 'POST /orders')
    expect(finding).toMatchObject({ direction: 'up', harmful: true })
    expect(finding?.observed).toBeGreaterThan(0.06)
    expect(finding?.expected).toBeLessThan(0.04)
    expect(finding?.exemplar_trace_ids.length).toBeGreaterThan(0)
    const incidents = await story.api<Page<Incident>>('GET', '/incidents')
    expect(incidents.items.map((i) => [i.service, i.version, i.state])).toEqual([['checkout', '1.9.0', 'firing']])
  }, 60_000)

  it('says resolved after the rollback, and nothing else', async () => {
    await story.pass(3)
    story.serve(v1)
    await story.until('resolved webhook', story.minute() + 15, () => story.told.find((n) => n.status === 'resolved'))
    await story.pass(3)
    expect(story.told.map((n) => n.status)).toEqual(['firing', 'resolved'])
    expect(new Set(story.told.map((n) => n.webhookId)).size).toBe(2)
  }, 300_000)

  it('finds no difference in the harmless deploy of the neighbour', async () => {
    const { items } = await story.api<Page<Deploy & { verdict: string }>>('GET', '/deploys?service=search')
    expect(items.find((d) => d.version === '8')?.verdict).toBe('no_difference')
  }, 60_000)

  it('knows the rollback as one', async () => {
    const { items } = await story.api<Page<Deploy>>('GET', '/deploys?service=checkout')
    expect(items[0]).toMatchObject({ version: '1.8.0', kind: 'rollback', previous_version: '1.9.0' })
  }, 60_000)
})
