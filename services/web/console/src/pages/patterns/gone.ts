import type { LogPattern } from '../../lib/types.ts'

const isSaidBy = (pattern: LogPattern, version: string): boolean =>
  pattern.versions.some((each) => each.version === version)

/** Patterns that this version does not say. None where no line comes with this version: such lines tell nothing about what it stopped saying. */
export function goneWith(patterns: readonly LogPattern[], version: string): LogPattern[] {
  const isTold = version !== '' && patterns.some((pattern) => isSaidBy(pattern, version))
  return isTold ? patterns.filter((pattern) => !isSaidBy(pattern, version)) : []
}
