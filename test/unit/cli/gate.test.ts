import { describe, expect, it } from 'vitest'
import type { Gate } from '../../../services/cli/answers.ts'
import { UnreachableError } from '../../../services/cli/client.ts'
import { exitOf, waitForGate } from '../../../services/cli/commands/gate.ts'

const gate = (verdict: Gate['data']['verdict']): Gate => ({
  data: {
    verdict,
    ok: verdict === 'no_difference' || verdict === 'improved',
    score: 0,
    reason: verdict,
    deploy_id: 'd_1',
    findings: 0,
    accepted: 0,
  },
})

describe('the exit code of the gate', () => {
  it.each([
    ['no_difference', 0],
    ['improved', 0],
    ['regressed', 1],
    ['pending', 2],
    ['insufficient_data', 2],
  ] as const)('of %s is %i', (verdict, code) => expect(exitOf(gate(verdict))).toBe(code))
  it('of a regression that was called expected is 0', () => {
    const { data } = gate('regressed')
    expect(exitOf({ data: { ...data, ok: true, accepted: 1 } })).toBe(0)
  })
})

describe('waiting for the gate', () => {
  const waiting = async (answers: (Gate | Error)[], timeoutMs = 60_000) => {
    let nowMs = 0
    const notes: string[] = []
    const ask = async () => {
      const next = answers.length > 1 ? answers.shift() : answers[0]
      if (next instanceof Error) throw next
      return next as Gate
    }
    const sleep = async (ms: number) => {
      nowMs += ms
    }
    const answer = await waitForGate(ask, {
      timeoutMs,
      everyMs: 5000,
      nowMs: () => nowMs,
      sleep,
      note: (t) => notes.push(t),
    })
    return { verdict: answer.data.verdict, nowMs, notes }
  }
  it('ends with the first answer that decides', async () => {
    expect(
      await waiting([gate('pending'), gate('insufficient_data'), gate('regressed'), gate('improved')]),
    ).toMatchObject({ verdict: 'regressed', nowMs: 10_000 })
  })
  it('ends undecided when the time is over, having said each reason once', async () => {
    expect(await waiting([gate('pending')])).toEqual({
      verdict: 'pending',
      nowMs: 60_000,
      notes: ['waiting: pending\n'],
    })
  })
  it('outlasts a restart of Plumbline, and no longer than the time', async () => {
    expect(await waiting([new UnreachableError('down'), gate('no_difference')])).toMatchObject({
      verdict: 'no_difference',
    })
    await expect(waiting([new UnreachableError('down')])).rejects.toThrow('down')
  })
  it('does not wait for an error of the question', async () => {
    await expect(waiting([new Error('cannot use service')])).rejects.toThrow('cannot use service')
  })
})
