import { expect, it } from 'vitest'
import { likeOf } from '../../../shared/patterns/like.ts'
import { longestWord } from '../../../shared/store/contains.ts'

it('puts wildcards where a template has values, white space or digits, and none where a line has its own', () => {
  expect(likeOf('user <*> took <*>')).toBe('user%%%took%%')
  expect(likeOf('100 % of a_b\\c')).toBe('%%\\%%of%a\\_b\\\\c')
  expect(likeOf('eth0 is down…')).toBe('eth%%is%down%')
})

it('knows the longest text that every line of a pattern holds', () => {
  expect(longestWord(likeOf('coupon <*> rejected: discount <*> out of range'))).toBe('rejected:')
  expect(longestWord(likeOf('<*> 50% of a_b'))).toBe('a_b')
  expect(longestWord('%')).toBe('')
})
