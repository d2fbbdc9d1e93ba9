/** What a log line looks like without its values: static text, words that may vary, and `<*>` for what surely does. */

export const VAR = '<*>'

/** Longer bodies are read up to here; the pattern then ends in {@link CUT}. */
export const maxScanChars = 4096
/** More tokens than this end the pattern in {@link CUT}, so one line costs a bounded amount of work. */
export const maxTokens = 320
export const CUT = '…'
/** A longer run of letters is data (base64, say), not a word. */
const maxNameChars = 100

/** Tokens of one line in order. `kind[i]`: 0 space or punctuation, 1 word, 2 value (text is `<*>`). */
export type Scan = { text: string[]; kind: number[] }

export const PUNCT = 0
export const WORD = 1
export const VALUE = 2

const isSpace = 1
const isDelimiter = 2
const isDigit = 3
const isPlain = 4
const classOf = new Uint8Array(128).fill(isPlain)
for (let c = 0; c <= 32; c++) classOf[c] = isSpace
for (const c of '=,:;()[]{}"\'<>|`') classOf[c.charCodeAt(0)] = isDelimiter
for (const c of '0123456789') classOf[c.charCodeAt(0)] = isDigit
classOf[127] = isSpace

const delimiterText = Array.from({ length: 128 }, (_, c) => String.fromCharCode(c))

/** Punctuation that joins two values into one: addresses with ports, ranges, lists, dates. */
const joiners = new Set([...'-.,:/_+#@*~ '])
const units = new Set(
  'ns us µs ms s sec secs second seconds min mins minute minutes hr hrs hour hours day days B bytes KB MB GB TB PB kB KiB MiB GiB TiB'.split(
    ' ',
  ),
)
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
const weekdays = 'Mon Tue Wed Thu Fri Sat Sun'.split(' ')
const zones = 'UTC GMT EST EDT CST CDT MST MDT PST PDT CET CEST'.split(' ')
const calendar = new Set([...months, ...weekdays, ...zones])

const hexOnly = /^[0-9a-fA-F]+$/
/** `eth0`, `IPv4`, `ssh2`: a name with one digit at its end is a name until many of them are seen in its place. */
const numberedName = /^[A-Za-z]{2,}[0-9]$/
const hostOrClass = /^[^.]+(?:\.[^.]+){2,}$/

const code = {
  slash: 47,
  backslash: 92,
  dot: 46,
  colon: 58,
  quote: 34,
  apostrophe: 39,
  less: 60,
  greater: 62,
  comma: 44,
}

const charClass = (c: number): number => (c < 128 ? classOf[c]! : c === 0xa0 || c === 0x2028 ? isSpace : isPlain)

/** Reads one line. The result is new on every call; nothing of `body` longer than a word is kept. */
export function scan(body: string): Scan {
  const out: Scan = { text: [], kind: [] }
  const end = Math.min(body.length, maxScanChars)
  let i = 0
  while (i < end && out.text.length < maxTokens) {
    const c = body.charCodeAt(i)
    const k = charClass(c)
    if (k === isSpace) {
      if (out.text.length > 0 && out.text[out.text.length - 1] !== ' ') push(out, ' ', PUNCT)
      i++
    } else if (k === isDelimiter) {
      push(out, delimiterText[c]!, PUNCT)
      i++
    } else {
      i = readWord(body, i, end, out)
      if (i >= end && end < body.length) pop(out)
    }
  }
  if (i < body.length && body.slice(i, i + 64).trim() !== '') push(out, CUT, PUNCT)
  else if (out.text[out.text.length - 1] === ' ') pop(out)
  maskCalendar(out)
  maskHexGroups(out)
  maskHosts(out)
  return join(out)
}

function push(out: Scan, text: string, kind: number): void {
  out.text.push(text)
  out.kind.push(kind)
}

function pop(out: Scan): void {
  out.text.pop()
  out.kind.pop()
}

/** Reads the word that starts at `from`; returns the index after it. */
function readWord(body: string, from: number, end: number, out: Scan): number {
  const first = body.charCodeAt(from)
  if (first === code.dot) {
    let i = from
    while (i < end && body.charCodeAt(i) === code.dot) i++
    if (i - from > 1 || i === end) {
      push(out, body.slice(from, i), PUNCT)
      return i
    }
  }
  let digits = 0
  let slashes = 0
  let at = 0
  let i = from
  for (; i < end; i++) {
    const c = body.charCodeAt(i)
    const k = charClass(c)
    if (k === isSpace || k === isDelimiter) break
    if (k === isDigit) digits++
    else if (c === code.slash) slashes++
    else if (c === 64) at++
    else if (c === code.dot && body.charCodeAt(i + 1) === code.dot) break
  }
  if (startsPath(body, from, i, first)) return readPath(body, from, end, out)
  return pushWord(body, from, i, out, digits, slashes, at)
}

function startsPath(body: string, from: number, to: number, first: number): boolean {
  if (first === code.slash || first === code.backslash) return to - from > 1
  const next = body.charCodeAt(to)
  if (next !== code.colon) return false
  const after = body.charCodeAt(to + 1)
  if (after === code.slash && body.charCodeAt(to + 2) === code.slash) return true
  return after === code.backslash && to - from === 1
}

/** A path or an address runs to the next space, quote or `, `; closing punctuation at its end is not part of it. */
function readPath(body: string, from: number, end: number, out: Scan): number {
  let i = from
  let opened = 0
  for (; i < end; i++) {
    const c = body.charCodeAt(i)
    if (charClass(c) === isSpace || c === code.quote || c === code.apostrophe || c === code.greater) break
    if (c === code.comma && charClass(body.charCodeAt(i + 1)) !== isDigit) break
    if (c === 40 || c === 91 || c === 123) opened++
    else if ((c === 41 || c === 93 || c === 125) && --opened < 0) break
  }
  while (i > from + 1 && ':;.,'.includes(body[i - 1]!)) i--
  push(out, VAR, VALUE)
  return i
}

function pushWord(
  body: string,
  from: number,
  to: number,
  out: Scan,
  digits: number,
  slashes: number,
  at: number,
): number {
  let stop = to
  if (digits === 0 && slashes === 0 && at === 0) {
    const word = body.slice(from, to)
    if (word.length > maxNameChars || (word.length >= 8 && hexOnly.test(word))) push(out, VAR, VALUE)
    else if (!consumeUnit(out, word)) push(out, word, WORD)
    return to
  }
  while (stop > from + 1 && '.!?'.includes(body[stop - 1]!)) stop--
  const word = body.slice(from, stop)
  if (digits === 1 && numberedName.test(word)) push(out, word, WORD)
  else if (digits > 0) pushValue(out)
  else if (at > 0 && word.length > 2 && word[0] !== '@') push(out, VAR, VALUE)
  else if (slashes > 0 && word.includes('.')) push(out, VAR, VALUE)
  else {
    push(out, body.slice(from, to), WORD)
    return to
  }
  return stop
}

/** `<1 sec` is as much a duration as `1 sec`. */
function pushValue(out: Scan): void {
  const n = out.text.length
  if (n > 1 && out.text[n - 1] === '<' && out.text[n - 2] === ' ') pop(out)
  push(out, VAR, VALUE)
}

/** `12 ms` and `3 s` are one value each. */
function consumeUnit(out: Scan, word: string): boolean {
  const n = out.text.length
  if (n < 2 || out.text[n - 1] !== ' ' || out.kind[n - 2] !== VALUE || !units.has(word)) return false
  pop(out)
  return true
}

/** `Fri Jul 8 12:00:01 PDT 2005`: names of the calendar beside a value, or beside each other, belong to the date. */
function maskCalendar({ text, kind }: Scan): void {
  for (let i = 0; i < text.length; i++) {
    if (kind[i] !== WORD || text[i]!.length < 3 || text[i]!.length > 4 || !calendar.has(text[i]!)) continue
    const isDate = (at: number) => kind[at] === VALUE || (kind[at] === WORD && calendar.has(text[at]!))
    if (isDate(i - 2) || isDate(text[i + 1] === ',' ? i + 3 : i + 2)) {
      text[i] = VAR
      kind[i] = VALUE
    }
  }
}

/** `00:11:ea:cc:ba:c3`, `fe80::fecd:1`: three or more short hexadecimal groups, at least one of them with a digit. */
function maskHexGroups({ text, kind }: Scan): void {
  const isGroup = (at: number) =>
    kind[at] === VALUE || (kind[at] === WORD && text[at]!.length <= 4 && hexOnly.test(text[at]!))
  for (let i = 1; i < text.length; i++) {
    if (text[i] !== ':' || !isGroup(i - 1)) continue
    const from = i - 1
    let groups = 1
    let values = kind[from] === VALUE ? 1 : 0
    while (text[i] === ':') {
      if (text[i + 1] === ':') i++
      if (!isGroup(i + 1)) break
      groups++
      if (kind[i + 1] === VALUE) values++
      i += 2
    }
    if (groups < 3 || values === 0) continue
    for (let k = from; k < i; k++) {
      if (kind[k] !== WORD) continue
      text[k] = VAR
      kind[k] = VALUE
    }
  }
}

/** `db.internal:5432`: a dotted name with a number behind its colon is an address. */
function maskHosts({ text, kind }: Scan): void {
  for (let i = 0; i + 2 < text.length; i++) {
    if (kind[i] !== WORD || text[i + 1] !== ':' || kind[i + 2] !== VALUE || !text[i]!.includes('.')) continue
    text[i] = VAR
    kind[i] = VALUE
  }
}

/** Values with nothing but joiners between them become one value: lists and addresses of any length look the same. */
function join({ text, kind }: Scan): Scan {
  const out: Scan = { text: [], kind: [] }
  let lastValue = -1
  for (let i = 0; i < text.length; i++) {
    if (kind[i] === VALUE) {
      if (lastValue >= 0) {
        out.text.length = lastValue
        out.kind.length = lastValue
      }
      lastValue = out.text.length
      push(out, VAR, VALUE)
    } else {
      if (kind[i] === WORD || !joiners.has(text[i]!)) lastValue = -1
      push(out, text[i]!, kind[i]!)
    }
  }
  return out
}

/** Words that are names of things rather than language: hosts, classes, bundles (`com.example.App`). */
export const isIdentifier = (word: string): boolean => word === VAR || hostOrClass.test(word)
