import type { z } from 'zod'

const counted: Record<string, string> = { string: 'characters', array: 'items', set: 'items', map: 'fields' }

/** The library's own sentences in our words; those that a schema brings are ours already. */
export function wordsOf(issue: z.core.$ZodIssue): string {
  const { message } = issue
  const type = /^Invalid input: expected (\w+), received (\w+)$/.exec(message)
  if (type?.[2] === 'undefined') return `it is missing (${type[1]})`
  if (type?.[2] === 'NaN') return 'must be a number'
  if (type?.[1] === 'int') return 'must be a whole number'
  if (type) return `must be of type ${type[1]}, not ${type[2]}`
  if (issue.code === 'invalid_value' && message.startsWith('Invalid option'))
    return `must be one of ${issue.values.map(String).join(', ')}`
  if (issue.code === 'too_small' && message.startsWith('Too small:'))
    return bounded('least', issue.minimum, issue.origin)
  if (issue.code === 'too_big' && message.startsWith('Too big:')) return bounded('most', issue.maximum, issue.origin)
  if (message === 'Invalid ISO datetime') return 'must be an ISO 8601 time with its zone, such as 2026-03-01T10:00:00Z'
  if (message === 'Invalid URL') return 'must be a URL that begins with https:// or http://'
  return message
}

function bounded(side: 'least' | 'most', bound: number | bigint, origin: string): string {
  const of = counted[origin]
  if (of && side === 'least' && bound === 1) return 'must not be empty'
  return of ? `must have at ${side} ${bound} ${of}` : `must be at ${side} ${bound}`
}
