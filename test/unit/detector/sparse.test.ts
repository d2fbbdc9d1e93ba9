import { describe, expect, it } from 'vitest'
import { decide } from '../../../services/detector/decide/decide.ts'
import { addRows, emptyWindow } from '../../../services/detector/window/window.ts'
import type { Verdict } from '../../../shared/model/verdict.ts'
import { deployOf, ENVIRONMENT, T0 } from '../../eval/world/spec.ts'
import { SHIPPED } from '../../eval/world/watch.ts'

const MINUTES = 10
type Cells = [number, number, number, number][]

/**
 *  failures                      |  x  x  x     so many, in so many requests over ten minutes
 *            0 0 0 0 0 0 0 0 0 0 |
 *            so many minutes     ^ deploy       the same traffic all along
 */
function afterClean(bad: number, total: number, minutes: number): Verdict {
  const window = emptyWindow({ service: 's', environment: ENVIRONMENT }, T0 - 360, T0 + 75)
  const inMinute = (i: number): number => Math.floor(((i + 1) * total) / MINUTES) - Math.floor((i * total) / MINUTES)
  const failing = [2, 5, 8].slice(0, bad)
  const of = (version: string, counted: Cells) => ({
    service: 's',
    environment: ENVIRONMENT,
    version,
    commit: '',
    key: '/a',
    cells: counted,
  })
  const cells = (from: number, length: number, failed: readonly number[]): Cells =>
    Array.from({ length }, (_, i) => [T0 + from + i, inMinute(i), failed.includes(i) ? 1 : 0, inMinute(i)])
  addRows(window, 'route', [of('v1', cells(-minutes, minutes, [])), of('v2', cells(0, MINUTES + 1, failing))])
  return decide(window, deployOf('s', 'v2', 0, 'v1'), {
    ...SHIPPED,
    closedMinute: T0 + MINUTES,
    quiet: true,
    othersAlive: true,
    excluded: new Set(),
    before: null,
    nowMs: (T0 + MINUTES + 2) * 60_000,
  })
}

/** The chance that all failures fall to the newer requests, were every request alike (Fisher's exact test with none before). */
const conditional = (bad: number, total: number, clean: number): number =>
  Array.from({ length: bad }, (_, i) => (total - i) / (total + clean - i)).reduce((p, x) => p * x, 1)

/** Ten looks at two sides multiply a chance by 8.6 (2 × (1 + log2 10)), and a thousandth is the level (decide/families.ts). */
const BORDER = 0.001 / 8.6

describe.each([
  {
    bad: 3,
    total: 200,
    minutes: 350,
    word: 'regressed',
    says: /failed \(3 of \d+\), against 0 % before \(0 of 7000\)/,
  },
  {
    bad: 3,
    total: 200,
    minutes: 240,
    word: 'regressed',
    says: /failed \(3 of \d+\), against 0 % before \(0 of 4800\)/,
  },
  { bad: 3, total: 200, minutes: 120, word: 'no_difference', says: /3 of 200 .*more than chance.*, but not certain/ },
  { bad: 3, total: 200, minutes: 20, word: 'no_difference', says: /3 of 200 .*within what the baseline allows/ },
  { bad: 2, total: 200, minutes: 350, word: 'no_difference', says: /2 of 200 .*too small to matter/ },
  { bad: 3, total: 20_000, minutes: 350, word: 'no_difference', says: /3 of 20000 .*too small to matter/ },
  { bad: 3, total: 20_000, minutes: 20, word: 'no_difference', says: /3 of 20000 .*within what the baseline allows/ },
  { bad: 0, total: 200, minutes: 350, word: 'no_difference', says: /0 of 200 .*within what the baseline allows/ },
  { bad: 1, total: 12, minutes: 350, word: 'insufficient_data', says: /1 of 12 .*too few requests to tell/ },
])('$bad of $total requests that fail after $minutes clean minutes', ({ bad, total, minutes, word, says }) => {
  const v = afterClean(bad, total, minutes)
  const chance = conditional(bad, total, (minutes * total) / MINUTES)

  it(`are ${word}`, () => {
    expect(v.verdict, v.reason).toBe(word)
  })

  it('are explained', () => {
    const told = [...v.findings.map((f) => f.reason), v.checked.find((c) => c.signal === 'error_ratio')?.reason]
    expect(told.join('\n')).toMatch(says)
    if (word === 'insufficient_data') expect(v.reason).toMatch(/it needs about \d+ more requests/)
  })

  it('agree with the exact conditional test', () => {
    if (word === 'regressed') expect(chance).toBeLessThan(BORDER)
    else if (!/too small|too few/.test(says.source)) expect(chance).toBeGreaterThan(BORDER)
  })
})
