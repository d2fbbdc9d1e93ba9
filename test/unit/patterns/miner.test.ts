import { describe, expect, it } from 'vitest'
import { createPatternMiner } from '../../../shared/patterns/miner.ts'

const users = 'alice bob carol dave erin frank grace heidi ivan judy mallory niaj olivia'.split(' ')

/** Feeds all lines; returns the templates that stand at the end. */
function templates(lines: string[]): string[] {
  const miner = createPatternMiner({ maxPatterns: 1000 })
  for (const line of lines) miner.observe(line)
  return miner.patterns().map((p) => p.template)
}

describe('lines that say the same thing share a pattern', () => {
  it.each([
    ['numbers', ['served 12 orders', 'served 40313 orders', 'served -0.5 orders']],
    ['hexadecimal and uuid', ['trace 4bf92f3577b34da6', 'trace 0x7ffe', 'trace 123e4567-e89b-12d3-a456-426614174000']],
    [
      'addresses',
      ['peer 10.0.0.1 gone', 'peer 10.2.3.4:8080 gone', 'peer fe80::1:abcd:2 gone', 'peer db.internal:5432 gone'],
    ],
    ['MAC addresses', ['lease for 00:1a:cc:dd:ee:ff ended', 'lease for cc:dd:0a:bb:ee:ff ended']],
    ['paths and URLs', ['read /var/lib/a.db', 'read https://example.org/a/b?c=d', 'read C:\\data\\x.log']],
    ['durations and sizes', ['took 12 ms', 'took 3 s', 'took 1.5 seconds', 'took <1 sec', 'took 00:02', 'took 4 min']],
    [
      'dates',
      [
        'since Fri Jul 8 12:00:01 PDT 2005',
        'since 2005-07-08T12:00:01Z',
        'since Jan 3',
        'since Sun, 29 Jan 2023 09:25:39 GMT',
      ],
    ],
    ['lists of values', ['ids [1, 2, 3] sent', 'ids [7] sent', 'ids [1,2] sent']],
    ['class names', ['loaded org.acme.app.Main', 'loaded com.acme.util.Json']],
    ['e-mail addresses', ['mail to bob@example.org bounced', 'mail to alice@mail.example.com bounced']],
    ['white space', ['a  b', ' a b ', 'a\tb', 'a\nb', 'a\u0000b']],
  ])('%s', (_, lines) => {
    expect(templates(lines)).toHaveLength(1)
  })

  it('makes one pattern, under its first id, of a place where six different words were seen', () => {
    const miner = createPatternMiner({ maxPatterns: 100 })
    const ids = users.map((u) => miner.observe(`login of ${u} was refused`).id)
    expect(new Set(ids.slice(0, 5)).size).toBe(5)
    expect(new Set(ids.map(miner.resolve))).toEqual(new Set([ids[0]]))
    expect(miner.patterns()).toMatchObject([
      { template: 'login of <*> was refused', count: users.length, firstLine: 1 },
    ])
    expect(miner.observe('login of zoe was refused')).toEqual({
      id: ids[0],
      template: 'login of <*> was refused',
      isNew: false,
    })
  })

  it('keeps its id when a template generalises', () => {
    const miner = createPatternMiner({ maxPatterns: 100 })
    const before = miner.observe('cache org.acme.a.One evicted').id
    expect(miner.observe('cache org.acme.b.Two evicted')).toEqual({
      id: before,
      template: 'cache <*> evicted',
      isNew: false,
    })
  })
})

describe('lines that say different things stay apart', () => {
  it.each([
    ['other words', ['connection opened', 'connection closed']],
    ['true and false', ['retry=true for order 1', 'retry=false for order 1']],
    ['other keys of the same value', ['env java.io.tmpdir=/tmp set', 'env java.library.path=/lib set']],
    ['other keys of JSON', ['{"order.id.new":1}', '{"order.id.old":1}']],
    ['numbered names', ['link up on eth0', 'link up on eth1', 'IPv4 ready', 'IPv6 ready']],
    ['a fraction is not a path', ['and/or', 'either/or']],
    ['other punctuation', ['done: 1', 'done 1']],
    [
      'states in capitals',
      ['NEW', 'RUNNING', 'DONE', 'FAILED', 'KILLED', 'LOST', 'SETUP'].map((s) => `task 7 went from ${s} to END`),
    ],
    ['five words in one place', users.slice(0, 5).map((u) => `login of ${u} was refused`)],
  ])('%s', (_, lines) => {
    expect(templates(lines)).toHaveLength(lines.length)
  })

  it('never merges single words, however many there are', () => {
    expect(templates(users)).toHaveLength(users.length)
  })
})

describe('what is new', () => {
  it('says so once per pattern, and not for another value of a known one', () => {
    const miner = createPatternMiner({ maxPatterns: 100 })
    const news = ['order 1 placed', 'order 2 placed', 'order 2 refused', 'order 3 refused'].map(
      (l) => miner.observe(l).isNew,
    )
    expect(news).toEqual([true, false, true, false])
  })

  it('gives the same line the same id in another process', () => {
    const a = createPatternMiner({ maxPatterns: 10 })
    const b = createPatternMiner({ maxPatterns: 10 })
    b.observe('something else entirely')
    expect(a.observe('order 1 placed').id).toBe(b.observe('order 77 placed').id)
    expect(a.observe('order 1 placed').id).toMatch(/^[0-9]{1,20}$/)
    expect(BigInt(a.observe('order 1 placed').id) < 2n ** 64n).toBe(true)
  })

  it('leaves an id that was never merged, or is unknown, as it is', () => {
    const miner = createPatternMiner({ maxPatterns: 10 })
    const { id } = miner.observe('order 1 placed')
    expect(miner.resolve(id)).toBe(id)
    expect(miner.resolve('12')).toBe('12')
  })
})

it('refuses a limit that is no whole number above 0', () => {
  expect(() => createPatternMiner({ maxPatterns: 0 })).toThrow('cannot create pattern miner: maxPatterns is 0')
  expect(() => createPatternMiner({ maxPatterns: 1.5 })).toThrow('give a whole number above 0')
})
