import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPatternMiner, restorePatternMiner } from '../../../shared/patterns/miner.ts'
import { maxScanChars, maxTokens, scan } from '../../../shared/patterns/scan.ts'
import { createServicePatternMiners, restoreServicePatternMiners } from '../../../shared/patterns/services.ts'
import { runs } from '../../support/property.ts'

const word = fc.constantFrom(
  ...'login of bob eve ann tom sue max a.b.c d.e.f x=1 k="v" [1,2] 12 /tmp/x ERROR 3 ms eth0 , : ( )'.split(' '),
)
const line = fc.oneof(
  fc.array(word, { maxLength: 8 }).map((w) => w.join(' ')),
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
)
const lines = fc.array(line, { maxLength: 120 })

describe('for any lines', () => {
  it('a restored miner goes on exactly like the one that never stopped', () => {
    fc.assert(
      fc.property(lines, lines, fc.integer({ min: 1, max: 40 }), (before, after, maxPatterns) => {
        const kept = createPatternMiner({ maxPatterns })
        for (const l of before) kept.observe(l)
        const restored = restorePatternMiner(kept.snapshot())
        expect(after.map((l) => restored.observe(l))).toEqual(after.map((l) => kept.observe(l)))
        expect(restored.snapshot()).toBe(kept.snapshot())
      }),
      runs(100),
    )
  })

  it('memory stays within the limit, and every line is counted until its pattern is forgotten', () => {
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 30 }), (all, maxPatterns) => {
        const miner = createPatternMiner({ maxPatterns })
        for (const l of all) {
          miner.observe(l)
          expect(miner.patterns().length).toBeLessThanOrEqual(maxPatterns)
        }
        const counted = miner.patterns().reduce((n, p) => n + p.count, 0)
        expect(counted).toBeLessThanOrEqual(all.length)
        if (miner.patterns().length < maxPatterns && maxPatterns > 120) expect(counted).toBe(all.length)
      }),
      runs(100),
    )
  })

  it('the id of a line resolves to a pattern that stands, and the same line gives that pattern again', () => {
    fc.assert(
      fc.property(lines, (all) => {
        const miner = createPatternMiner({ maxPatterns: 1000 })
        const ids = all.map((l) => miner.observe(l).id)
        const standing = new Set(miner.patterns().map((p) => p.id))
        for (const [i, l] of all.entries()) {
          const id = miner.resolve(ids[i]!)
          expect(standing.has(id)).toBe(true)
          expect(miner.observe(l)).toMatchObject({ id: miner.resolve(ids[i]!), isNew: false })
        }
      }),
      runs(100),
    )
  })

  it('every line is new at most once', () => {
    fc.assert(
      fc.property(lines, (all) => {
        const miner = createPatternMiner({ maxPatterns: 1000 })
        const news = all.filter((l) => miner.observe(l).isNew).length
        expect(news).toBeLessThanOrEqual(new Set(all).size)
        expect(miner.patterns().length).toBeLessThanOrEqual(news)
      }),
      runs(100),
    )
  })
})

describe('hostile lines', () => {
  it.each([
    ['a megabyte of one letter', 'a'.repeat(1 << 20)],
    ['a megabyte of words', 'word '.repeat(1 << 18)],
    ['a megabyte of digits', '1'.repeat(1 << 20)],
    ['a megabyte of brackets', '(['.repeat(1 << 19)],
    ['a megabyte of colons', 'a:'.repeat(1 << 19)],
    ['a megabyte of dots', '.'.repeat(1 << 20)],
    ['a megabyte of slashes', '/'.repeat(1 << 20)],
    ['nothing but NUL', '\u0000'.repeat(100)],
    ['what makes regular expressions explode', `${'a.'.repeat(50_000)}!${'aaaa:'.repeat(50_000)}`],
    ['lone surrogates', '\ud800 \udc00 \ud800'],
    ['nothing', ''],
    ['control characters', '\u001b[31mred\u001b[0m\u0007'],
    ['the marks used inside', '<*> … \u0001 <*>'],
  ])('%s is read in part, and remembered in little', (_, body) => {
    const scanned = scan(body)
    expect(scanned.text.length).toBeLessThanOrEqual(maxTokens + 1)
    expect(scanned.text.join('').length).toBeLessThanOrEqual(maxScanChars + 8)
    const miner = createPatternMiner({ maxPatterns: 3 })
    const first = miner.observe(body)
    expect(miner.observe(body)).toEqual({ ...first, isNew: false })
    expect(restorePatternMiner(miner.snapshot()).observe(body).id).toBe(first.id)
  })

  it('lines that differ only past the part that is read are one pattern', () => {
    const miner = createPatternMiner({ maxPatterns: 3 })
    const long = 'word '.repeat(10_000)
    expect(miner.observe(`${long}a`).id).toBe(miner.observe(`${long}b`).id)
  })

  it.each([['{}'], ['not json'], ['null'], ['[]'], ['{"version":1,"maxPatterns":3,"lines":0,"clusters":[{"id":1}]}']])(
    'a snapshot that is none, %s, is refused with a word',
    (text) => {
      expect(() => restorePatternMiner(text)).toThrow('cannot restore pattern miner')
    },
  )
})

describe('several services', () => {
  it('keep their patterns apart, and the one that logged least recently is forgotten past the limit', () => {
    const miners = createServicePatternMiners({ maxServices: 2, maxPatternsPerService: 10 })
    for (const s of ['a', 'b', 'a']) miners.observe(s, 'order 1 placed')
    expect(miners.observe('b', 'order 2 placed').isNew).toBe(false)
    miners.observe('a', 'order 3 placed')
    miners.observe('c', 'order 4 placed')
    expect(miners.services()).toEqual(['a', 'c'])
    expect(miners.of('b')).toBeUndefined()
  })

  it('go on after a restart as if nothing had happened', () => {
    const miners = createServicePatternMiners({ maxServices: 2, maxPatternsPerService: 10 })
    miners.observe('a', 'order 1 placed')
    miners.observe('b', 'order 1 placed')
    const restored = restoreServicePatternMiners(miners.snapshot())
    expect(restored.snapshot()).toBe(miners.snapshot())
    expect(restored.observe('a', 'order 9 placed').isNew).toBe(false)
    expect(restored.observe('c', 'order 9 placed').isNew).toBe(true)
    expect(restored.services()).toEqual(['a', 'c'])
  })

  it('give the same ids however the lines are cut into parts, with a restart between any two', () => {
    const told = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), line), { maxLength: 80 })
    fc.assert(
      fc.property(told, fc.array(fc.nat(80), { maxLength: 5 }), (all, cuts) => {
        const limits = { maxServices: 2, maxPatternsPerService: 10 }
        const kept = createServicePatternMiners(limits)
        let parted = createServicePatternMiners(limits)
        for (const [i, [service, body]] of all.entries()) {
          if (cuts.includes(i)) parted = restoreServicePatternMiners(parted.snapshot())
          expect(parted.observe(service, body)).toEqual(kept.observe(service, body))
        }
        expect(parted.snapshot()).toBe(kept.snapshot())
      }),
      runs(100),
    )
  })

  it('refuses no limit, and text that is no snapshot', () => {
    expect(() => createServicePatternMiners({ maxServices: 0, maxPatternsPerService: 1 })).toThrow(
      'cannot create pattern miners',
    )
    expect(() => restoreServicePatternMiners('{}')).toThrow('cannot restore pattern miners')
  })
})
