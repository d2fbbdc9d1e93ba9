import { CUT, VAR } from './scan.ts'

/** Runs of digits with the letters a to f that touch them: bodies that differ in these alone are counted as one. */
export const NUMBERED = /[0-9a-fA-F]*[0-9][0-9a-fA-F]*/g

/**
 * A template as a LIKE expression over whole bodies, so that the engine finds its lines without the miner. Every line of the pattern
 * fits; now and then one of a pattern that goes on where this one has a value fits too.
 */
export const likeOf = (template: string): string =>
  template
    .replaceAll(CUT, VAR)
    .split(VAR)
    .map((text) =>
      text
        .replace(/[\\%_]/g, '\\$&')
        .replace(NUMBERED, '%')
        .replace(/\s+/g, '%'),
    )
    .join('%')
