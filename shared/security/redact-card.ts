/** Digits of a card number. */
const SHORTEST_CARD = 14

const isDigit = (c: number | undefined): boolean => c !== undefined && c >= 48 && c <= 57
const isWord = (c: number | undefined): boolean =>
  isDigit(c) || c === 95 || c === 45 || (c !== undefined && (c | 32) >= 97 && (c | 32) <= 122)
/** A blank or a hyphen between two digits. */
const separates = (b: Uint8Array, i: number): boolean =>
  (b[i] === 32 || b[i] === 45) && isDigit(b[i - 1]) && isDigit(b[i + 1])

/** How a card number is grouped in print: 4-4-4-4, 4-6-5 (American Express), 4-6-4 (Diners Club). */
const GROUPINGS = [
  [4, 4, 4, 4],
  [4, 6, 5],
  [4, 6, 4],
]

/** Whether digits begin as a card of their length does: the ranges that issuers use (ISO/IEC 7812). */
function isIssued(digits: readonly number[]): boolean {
  const [a, b, c, d] = digits as [number, number, number, number]
  const four = a * 1000 + b * 100 + c * 10 + d
  const two = Math.floor(four / 100)
  if (digits.length === 15) return two === 34 || two === 37
  if (digits.length === 14) return two === 36 || two === 38 || two === 39 || (four >= 3000 && four < 3060)
  if (digits.length !== 16) return false
  const isMastercard = (two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)
  const isDiscover = four === 6011 || two === 65 || (four >= 6440 && four < 6500)
  return a === 4 || isMastercard || isDiscover || (four >= 3528 && four <= 3589)
}

/** The check digit of card numbers (Luhn 1954, ISO/IEC 7812-1 annex B). */
export function passesLuhn(digits: readonly number[]): boolean {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = digits[digits.length - 1 - i]!
    const weighted = i % 2 === 1 ? digit * 2 : digit
    sum += weighted > 9 ? weighted - 9 : weighted
  }
  return sum % 10 === 0
}

/** Digits and what may stand between them. */
const IN_RUN = Uint8Array.from({ length: 256 }, (_, c) => (isDigit(c) || c === 32 || c === 45 ? 1 : 0))

type Span = { from: number; to: number }

const digitsOf = (b: Uint8Array, from: number, to: number): number[] => {
  const digits: number[] = []
  for (let i = from; i < to; i++) if (isDigit(b[i])) digits.push(b[i]! - 48)
  return digits
}

/** Groups of digits of a run, in order. */
function groupsOf(b: Uint8Array, from: number, to: number): Span[] {
  const groups: Span[] = []
  for (let at = from; at < to; ) {
    let end = at
    while (end < to && isDigit(b[end])) end++
    groups.push({ from: at, to: end })
    at = end + 1
  }
  return groups
}

/** The card number that begins with a group of digits, or null. */
function cardAt(b: Uint8Array, groups: readonly Span[], first: number): Span | null {
  const size = (i: number) => (groups[i] ? groups[i].to - groups[i].from : 0)
  const grouping = GROUPINGS.find((sizes) => sizes.every((n, i) => size(first + i) === n))
  const last = groups[first + (grouping ? grouping.length - 1 : 0)]!
  const digits = digitsOf(b, groups[first]!.from, last.to)
  return isIssued(digits) && passesLuhn(digits) ? { from: groups[first]!.from, to: last.to } : null
}

/** Runs of digits with single separators between them that are long enough for a card number, in order. */
function runsOf(b: Uint8Array, from: number, to: number): Span[] {
  const runs: Span[] = []
  for (let i = from; i < to; i++) {
    if (!isDigit(b[i])) continue
    let end = i + 1
    while (end < to && (isDigit(b[end]) || (end + 1 < to && separates(b, end)))) end++
    if (end - i >= SHORTEST_CARD) runs.push({ from: i, to: end })
    i = end
  }
  return runs
}

/** Whether a number is no part of a word, an id or a fraction. */
function standsApart(b: Uint8Array, { from: start, to: end }: Span, from: number, to: number): boolean {
  if (start > from && (isWord(b[start - 1]) || b[start - 1] === 46)) return false
  return end >= to || !(isWord(b[end]) || (b[end] === 46 && end + 1 < to && isDigit(b[end + 1])))
}

/** Card numbers among the bytes of a text, in order. */
export function findCards(b: Uint8Array, from: number, to: number): Span[] {
  const found: Span[] = []
  for (const run of runsOf(b, from, to)) {
    const groups = groupsOf(b, run.from, run.to)
    for (let g = 0; g < groups.length; g++) {
      const card = groups[g]!.from < (found.at(-1)?.to ?? 0) ? null : cardAt(b, groups, g)
      if (card && standsApart(b, card, from, to)) found.push(card)
    }
  }
  return found
}

/** Digits that the bytes before and after a text may look like on the wire: its length, or the next tag and length. */
const SLACKS = [
  [0, 0],
  [1, 0],
  [0, 1],
  [0, 2],
] as const
const WHOLE = [[14], [15], [16]]

/**
 * Whether a body may hold a card number: then it is worth a look at each of its texts. On the wire the length of a text stands before
 * it and the next tag after it, and either may look like a digit: one before a long text, two after one that ends in the number.
 * Looks at one byte in fourteen until it meets a digit or what stands between two, for every body is asked.
 */
export function mayHoldCard(b: Uint8Array, from: number, to: number): boolean {
  for (let i = from + SHORTEST_CARD - 1; i < to; i += SHORTEST_CARD) {
    if (IN_RUN[b[i]!] === 0) continue
    // A run of fourteen reaches seven back from here, or six on.
    if (IN_RUN[b[i - 7]!] === 0 && (i + 6 >= to || IN_RUN[b[i + 6]!] === 0)) continue
    let start = i
    while (start > from && IN_RUN[b[start - 1]!] !== 0) start--
    let end = i + 1
    while (end < to && IN_RUN[b[end]!] !== 0) end++
    if (end - start >= SHORTEST_CARD && runMayHoldCard(b, start, end)) return true
    i = end
  }
  return false
}

function runMayHoldCard(b: Uint8Array, start: number, end: number): boolean {
  for (const run of runsOf(b, start, end)) {
    const groups = groupsOf(b, run.from, run.to)
    for (let g = 0; g < groups.length; g++) {
      for (const sizes of [...WHOLE, ...GROUPINGS])
        if (SLACKS.some((slack) => isCardWithin(b, groups.slice(g, g + sizes.length), sizes, slack))) return true
    }
  }
  return false
}

/** Whether groups, without some digits at the begin and the end, are a card number of these sizes. */
function isCardWithin(
  b: Uint8Array,
  groups: readonly Span[],
  sizes: readonly number[],
  [front, back]: readonly [number, number],
): boolean {
  const last = sizes.length - 1
  const fits = sizes.every((size, i) => {
    const group = groups[i]
    return group && group.to - group.from === size + (i === 0 ? front : 0) + (i === last ? back : 0)
  })
  if (!fits) return false
  const digits = digitsOf(b, groups[0]!.from + front, groups[last]!.to - back)
  return isIssued(digits) && passesLuhn(digits)
}
