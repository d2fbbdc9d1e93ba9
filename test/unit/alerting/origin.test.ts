import { expect, it } from 'vitest'
import { signalOf } from '../../../services/alerting/signals.ts'
import { originOf } from '../../../services/alerting/wording.ts'
import type { Origin } from '../../../shared/model/anomaly.ts'
import { anomalyOf } from '../../support/alerting.ts'

const till: Origin = { service: 'till', role: 'origin', score: 2.1, evidence: ['/charge: a log line is new', 'more'] }
const own: Origin = { service: 'shop', role: 'origin', score: 1.2, evidence: ['/buy: failure is new'] }
const wordsOf = (origins: Origin[] | undefined, event: 'firing' | 'resolved' = 'firing') => {
  const anomaly = { ...anomalyOf({ service: 'shop' }), ...(origins ? { origins } : {}) }
  return originOf({ event, signals: [signalOf(anomaly, undefined)] })
}

it('says in which other service it most likely began, and why', () => {
  expect(wordsOf([till, own])).toBe('Most likely began in till: /charge: a log line is new')
  expect(wordsOf([{ ...own, role: 'affected' }, till])).toMatch(/^Most likely began in till/)
})

it('says nothing where it began in the service itself, where nothing is known, or when it is over', () => {
  expect(wordsOf([own, till])).toBe('')
  expect(wordsOf([{ ...till, role: 'affected' }])).toBe('')
  expect(wordsOf(undefined)).toBe('')
  expect(wordsOf([till], 'resolved')).toBe('')
})
