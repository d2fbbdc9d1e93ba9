import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ChannelRequest, HttpRequest } from '../../../services/alerting/channel.ts'
import { postJson } from '../../../services/alerting/channel.ts'
import { readChannels } from '../../../services/alerting/channels.ts'
import { exampleNotification } from '../../../services/alerting/example.ts'
import type { Notification } from '../../../services/alerting/types.ts'
import { anomalyOf, at, BASE_URL } from '../../support/alerting.ts'
import { badDeploy, deployV42, messageOf } from '../../support/notification.ts'

const plugins = [...(await readChannels()).values()]
const folder = 'test/golden/channels'
const URLS: Record<string, string> = {
  email: 'smtp://plumbline@mail.example.com:587?from=plumbline@example.com&to=oncall@example.com,team@example.com',
  github: 'https://api.github.com/repos/acme/checkout',
  pagerduty: 'https://events.pagerduty.com/v2/enqueue',
  script: 'script:on-call',
}
const SECRET = 'whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0'
const targetOf = (kind: string) => ({
  name: 'on-call',
  url: URLS[kind] ?? `https://hooks.example.com/${kind}`,
  secrets: kind === 'slack' || kind === 'teams' || kind === 'script' ? [] : [SECRET],
  thread: null,
})

/** A request as its golden file shows it: what is JSON inside is laid open. */
function golden(request: ChannelRequest | null): string {
  const open = (text: string) => (text === '' ? '' : JSON.parse(text))
  const shown =
    request?.transport === 'http'
      ? { ...request, body: open(request.body) }
      : request?.transport === 'script'
        ? { ...request, input: open(request.input) }
        : request
  return `${JSON.stringify(shown, null, 2)}\n`
}

/** What a reader of the message sees. */
function textOf(request: ChannelRequest | null): string {
  if (request === null) return ''
  if (request.transport === 'smtp') return request.subject + request.text + request.html
  return request.transport === 'script' ? request.input : request.body
}

/** Compares with the file; UPDATE_GOLDEN=1 writes it anew, to be looked at in the diff. */
function expectGolden(name: string, text: string) {
  const file = join(folder, `${name}.json`)
  if (process.env.UPDATE_GOLDEN || !existsSync(file)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(file, text)
  }
  expect(text).toBe(readFileSync(file, 'utf8'))
}

const hostile = 'a\u0000\u001b[2J<script>alert(1)</script> <!channel> [x](http://evil) `y` *b* \u202egnp.exe \ud800'

it('knows the channels of its folder', () => {
  expect(plugins.map((p) => p.kind).sort()).toEqual([
    'alertmanager',
    'email',
    'github',
    'pagerduty',
    'script',
    'slack',
    'teams',
    'webhook',
  ])
})

describe.each(plugins.map((plugin) => [plugin.kind, plugin] as const))('channel %s', (kind, plugin) => {
  const target = targetOf(kind)

  it.each(['firing', 'resolved'] as const)('renders %s as its golden body', (event) => {
    expectGolden(`${kind}.${event}`, golden(plugin.render(messageOf(event), target)))
  })

  it('renders a test as its golden body, which says that it is one', () => {
    const rendered = golden(plugin.render(exampleNotification(at(0), BASE_URL), target))
    expectGolden(`${kind}.test`, rendered)
    if (kind !== 'github') expect(rendered).toMatch(/test/i)
  })

  it('is pure: the same message renders the same, and is not changed', () => {
    const message = messageOf('firing')
    const before = JSON.stringify(message)
    expect(plugin.render(message, target)).toEqual(plugin.render(message, target))
    expect(JSON.stringify(message)).toBe(before)
  })

  it('takes 2xx for delivered, what passes for a retry, and what does not for dead', () => {
    if (kind === 'email') {
      expect([250, 421, 450, 550, 535].map((s) => plugin.classify(s))).toEqual([
        'delivered',
        'retry',
        'retry',
        'dead',
        'dead',
      ])
      return
    }
    if (kind === 'script') {
      expect([0, 1, 75, 100, 127].map((code) => plugin.classify(code))).toEqual([
        'delivered',
        'retry',
        'retry',
        'dead',
        'retry',
      ])
      return
    }
    for (let status = 100; status < 600; status++) {
      const retry = [408, 425, 429].includes(status) || status >= 500
      const expected =
        status >= 200 && status < 300 ? 'delivered' : retry ? 'retry' : status === 410 ? 'disable' : 'dead'
      expect([status, plugin.classify(status)]).toEqual([status, expected])
    }
  })

  it('goes where its channel points, and nowhere else', () => {
    const rendered = plugin.render(messageOf('firing'), target)
    expect(new URL(rendered?.url ?? '').host).toBe(new URL(target.url).host)
  })

  it('holds no control character, no hidden one, and no markup from telemetry', () => {
    const deploy = {
      ...deployV42,
      version: hostile,
      actor: hostile,
      commits: [{ sha: 'd'.repeat(40), message: hostile, author: hostile }],
    }
    const anomalies = [anomalyOf({ dimension: hostile, service: hostile, environment: hostile, reason: hostile })]
    const rendered = plugin.render(
      messageOf('firing', anomalies, deploy, { service: hostile, environment: hostile }),
      target,
    )
    const text = textOf(rendered)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
    expect(text.replaceAll('\n', ' ')).not.toMatch(/[\u0000-\u001f\u202a-\u202e]|\\u00[01]/)
    // Slack reads no markup in the plain text of a header.
    if (kind === 'slack') expect(text.replace(/"plain_text","text":"[^"]*"/g, '')).not.toMatch(/<!channel>|<script/)
    if (rendered?.transport === 'smtp') expect(rendered.html).not.toContain('<script')
  })

  it('stays small however many signals there are', () => {
    const many = Array.from({ length: 200 }, (_, i) =>
      anomalyOf({ id: `ano_${i}`, dimension: `GET /${'x'.repeat(400)}/${i}`, reason: 'y'.repeat(5_000) }),
    )
    const rendered = plugin.render(messageOf('firing', many), target)
    expect(JSON.stringify(rendered).length).toBeLessThan(64 * 1024)
  })

  it('names every service that the deploy hurts, and the command that undoes it', () => {
    const hurt = ['cart', 'mail', 'search', 'web'].map((service) => anomalyOf({ id: `ano_${service}`, service }))
    const message = messageOf('firing', [anomalyOf(), ...hurt])
    const rendered = plugin.render(message, target)
    // A commit status is one short line; the comment beside it is rendered once the status stands.
    const to = { ...postJson(`${target.url}/statuses/x`, {}), method: 'POST' as const }
    const next =
      kind === 'github'
        ? plugin.read?.({ status: 201, body: '', retryAfter: undefined }, to, message, { ...target, thread: '1' }).next
        : null
    const text = textOf(next ?? rendered)
    for (const service of ['checkout', 'cart', 'mail', 'search', 'web']) expect(text).toContain(service)
    expect(text).toContain('kubectl rollout undo deployment/checkout')
  })

  it('says something of an anomaly without a deploy', () => {
    const rendered = plugin.render(messageOf('firing', [anomalyOf({ deploy: null })], null), target)
    if (kind === 'github') expect(rendered).toBeNull()
    else expect(JSON.stringify(rendered)).toContain('POST /pay')
  })

  it('keeps its secret out of the address and the text', () => {
    const rendered = plugin.render(messageOf('firing'), target)
    const shown =
      rendered?.transport === 'smtp'
        ? { ...rendered, password: '' }
        : { ...rendered, headers: {}, ...(kind === 'pagerduty' ? { body: '' } : {}) }
    expect(JSON.stringify(shown)).not.toContain(SECRET)
  })
})

describe('alertmanager', () => {
  it('lets a test end by itself after five minutes, and nothing else before a week', () => {
    const plugin = plugins.find((p) => p.kind === 'alertmanager')!
    const standsMs = (n: Notification) => {
      const request = plugin.render(n, targetOf('alertmanager')) as HttpRequest
      const [alert] = JSON.parse(request.body) as { endsAt: string }[]
      return Date.parse(alert?.endsAt ?? '') - Date.parse(n.made_at)
    }
    expect(standsMs(exampleNotification(at(0), BASE_URL))).toBe(5 * 60_000)
    expect(standsMs(messageOf('firing'))).toBe(7 * 86_400_000)
  })
})

describe('what goes beside the message', () => {
  const of = (kind: string) => plugins.find((p) => p.kind === kind)!
  const events = ['firing', 'resolved'] as const

  it.each(events)('Slack by bot token: %s as its golden body', (event) => {
    const url = 'https://slack.com/api/chat.postMessage?channel=C0123456789'
    const thread = event === 'firing' ? null : '1700000000.000100'
    const rendered = of('slack').render(messageOf(event), { name: 'on-call', url, secrets: ['xoxb-token'], thread })
    expectGolden(`slack.thread.${event}`, golden(rendered))
  })

  it.each(events)('the comment on GitHub: %s as its golden body', (event) => {
    const [target, n] = [{ ...targetOf('github'), thread: '4711' }, messageOf(event)]
    const status = of('github').render(n, target) as HttpRequest
    const read = of('github').read?.({ status: 201, body: '{}', retryAfter: undefined }, status, n, target)
    expectGolden(`github.comment.${event}`, golden(read?.next ?? null))
  })

  it('a deploy for PagerDuty as its golden body', () => {
    const notice = { deploy: { ...deployV42, environment: 'production' }, base_url: BASE_URL, made_at: at(0) }
    expectGolden('pagerduty.deploy', golden(of('pagerduty').renderDeploy?.(notice, targetOf('pagerduty')) ?? null))
  })
})

describe('github', () => {
  it('has nothing to tell of another repository, or of a commit that is not whole', async () => {
    const plugin = (await readChannels()).get('github')
    const other = { ...deployV42, repository: 'https://github.com/acme/other' }
    expect(plugin?.render(messageOf('firing', badDeploy(), other), targetOf('github'))).toBeNull()
    expect(
      plugin?.render(messageOf('firing', badDeploy(), { ...deployV42, commit: 'bbbbbbb' }), targetOf('github')),
    ).toBeNull()
  })
})

describe('pagerduty', () => {
  it('ties the end to the beginning by one key of at most 255 characters', async () => {
    const plugin = (await readChannels()).get('pagerduty')
    const keys = (['firing', 'resolved'] as const).map((event) => {
      const rendered = plugin?.render(messageOf(event), targetOf('pagerduty')) as HttpRequest
      return (JSON.parse(rendered.body) as { dedup_key: string }).dedup_key
    })
    expect(new Set(keys).size).toBe(1)
    expect(keys[0]?.length).toBeLessThan(256)
  })
})

describe('alerts', () => {
  it('have the same labels and fingerprints when they fire and when they are resolved', async () => {
    const plugin = (await readChannels()).get('webhook')
    const labels = (['firing', 'resolved'] as const).map((event) => {
      const rendered = plugin?.render(messageOf(event), targetOf('webhook')) as HttpRequest
      return (JSON.parse(rendered.body) as { alerts: { labels: object; fingerprint: string }[] }).alerts.map((a) => [
        a.labels,
        a.fingerprint,
      ])
    })
    expect(labels[0]).toEqual(labels[1])
  })
})
