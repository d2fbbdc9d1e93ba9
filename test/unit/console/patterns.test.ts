import { expect, it } from 'vitest'
import { short } from '../../../services/web/console/src/lib/format.ts'
import type { LogPattern } from '../../../services/web/console/src/lib/types.ts'
import { goneWith } from '../../../services/web/console/src/pages/patterns/gone.ts'

const said = (template: string, ...versions: string[]) =>
  ({ template, versions: versions.map((version) => ({ version, count: 5 })) }) as LogPattern

it('calls a pattern gone when the version says others, but not it', () => {
  const patterns = [said('kept', 'v1', 'v2'), said('dropped', 'v1')]
  expect(goneWith(patterns, 'v2').map((p) => p.template)).toEqual(['dropped'])
})

it('calls nothing gone when no line comes with the version', () => {
  expect(goneWith([said('a', ''), said('b', 'v1')], 'v2')).toEqual([])
  expect(goneWith([said('a', '')], '')).toEqual([])
})

it('shortens revisions to nine characters and very long versions in the middle', () => {
  expect(short('4f2c6a9d1b7e4f2c6a9d1b7e4f2c6a9d1b7e4f2c')).toBe('4f2c6a9d1')
  expect(short('2026.11.3-rc.1+build.77')).toBe('2026.11.3-rc.1+build.77')
  expect(short(`release-${'x'.repeat(60)}-final`)).toBe('release-xxxxxxxxxxxxxxxxx…-final')
})
