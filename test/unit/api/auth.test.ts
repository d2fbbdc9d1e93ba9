import type { Request } from 'express'
import { describe, expect, it } from 'vitest'
import { createAuth } from '../../../services/web/auth.ts'
import { manualClock } from '../../../shared/runtime/clock.ts'
import { loadConfig } from '../../../shared/runtime/config.ts'
import { tokenBucket } from '../../../shared/security/token-bucket.ts'
import type { State } from '../../../shared/state/state.ts'

const required = (env: Record<string, string>, headers: Record<string, string>) => {
  const context = { config: loadConfig(env, '/nonexistent.yaml'), clock: manualClock(0), state: {} as State }
  return createAuth(context).required({ headers } as unknown as Request)
}
const local = { host: '127.0.0.1:8080' }

describe('a key is needed', () => {
  it.each([
    ['for nobody on this machine', {}, local, false],
    ['nor by the name localhost', {}, { host: 'localhost:8080' }, false],
    ['nor where the public address is this machine', { PLUMBLINE_PUBLIC_URL: 'http://localhost:8080' }, local, false],
    ['where Plumbline listens on other addresses', { PLUMBLINE_HOST: '0.0.0.0' }, local, true],
    ['where it has an address for others', { PLUMBLINE_PUBLIC_URL: 'https://plumbline.example' }, local, true],
    ['for what a proxy carries in', {}, { ...local, 'x-forwarded-for': '203.0.113.7' }, true],
    ['for another host', {}, { host: 'plumbline.example' }, true],
  ] as const)('%s', (_, env, headers, needed) => expect(required(env, headers)).toBe(needed))
})

describe('a token bucket', () => {
  it('lets a burst through, then so many a second, each key for itself', async () => {
    const clock = manualClock(0)
    const bucket = tokenBucket({ perSecond: 2, burst: 3, clock })
    expect([1, 2, 3, 4].map(() => bucket.take('a'))).toEqual([0, 0, 0, 0.5])
    expect(bucket.take('b')).toBe(0)
    await clock.advance(500)
    expect([bucket.take('a'), bucket.take('a')]).toEqual([0, 0.5])
    expect([bucket.take('c', 3), bucket.take('c', 2), bucket.take('c', 0)]).toEqual([0, 1, 0])
  })
})
