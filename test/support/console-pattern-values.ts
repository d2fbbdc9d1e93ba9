/** What stands in the slots of the shop's log patterns: made by the code of the API from lines of before and since a deploy. */
import { slotsOf } from '../../services/web/api/pattern-values.ts'
import type { PatternValues } from '../../services/web/api/schemas.ts'
import { patterns } from './console-telemetry.ts'
import { at, noise } from './console-world.ts'

const coupons = ['SPRING10', 'WELCOME', 'LOYAL-25', 'VIP']

function linesOf(template: string, of: 'all' | 'before' | 'since', count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    let slot = 0
    return template.replace(/<\*>/g, () => {
      slot += 1
      const draw = noise(template, of, i, slot)
      if (template.startsWith('coupon') && slot === 1) return coupons[Math.floor(draw ** 2 * coupons.length)]!
      return String(Math.round((of === 'since' ? 101 : 5) + draw * 40))
    })
  })
}

export function valuesOf(service: string, id: string, split: string | null): PatternValues | undefined {
  const pattern = patterns(service).find((each) => each.pattern_id === id)
  if (!pattern) return undefined
  const sides = split === null ? (['all'] as const) : (['before', 'since'] as const)
  return {
    ...{ pattern_id: id, service, template: pattern.template },
    samples: sides.map((of) => ({
      ...{ of, from: at(180), to: split ?? at(0), more: of === 'since' },
      ...slotsOf(pattern.template, linesOf(pattern.template, of, of === 'since' ? 1000 : 12)),
    })),
  }
}
