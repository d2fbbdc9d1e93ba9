import fc from 'fast-check'
import type { Op } from './log-model.ts'

/** What may happen to the log, faults about as often as writes. */
export const operation: fc.Arbitrary<Op> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ op: fc.constant('append' as const), bytes: fc.integer({ min: 0, max: 300 }) }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('turns' as const), turns: fc.integer({ min: 1, max: 20 }) }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constantFrom('settle' as const, 'crash' as const, 'restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('corrupt' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('fail' as const),
      call: fc.constantFrom('write' as const, 'sync' as const, 'create' as const, 'prepare' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ op: fc.constant('release' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
)
export const operations = fc.array(operation, { minLength: 1, maxLength: 40 })
