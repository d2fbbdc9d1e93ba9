const MAX_CHARS = 40_000
const MAX_TEXT = 4000
const MAX_ITEMS = 200

/** What an agent gets: at most about 40,000 characters of JSON, with `truncated` where something was left out. */
export function bound(value: Record<string, unknown>): Record<string, unknown> {
  for (let items = MAX_ITEMS, text = MAX_TEXT; ; items = Math.ceil(items / 2), text = Math.ceil(text / 2)) {
    const cut = { any: false }
    const smaller = shrink(value, { items, text, cut }) as Record<string, unknown>
    const result = cut.any ? { ...smaller, truncated: true } : smaller
    if (JSON.stringify(result).length <= MAX_CHARS || items === 1) return result
  }
}

type Limits = { items: number; text: number; cut: { any: boolean } }

function shrink(value: unknown, limits: Limits): unknown {
  if (typeof value === 'string') {
    if (value.length <= limits.text) return value
    limits.cut.any = true
    return `${value.slice(0, limits.text)}…`
  }
  if (Array.isArray(value)) {
    if (value.length > limits.items) limits.cut.any = true
    return value.slice(0, limits.items).map((item) => shrink(item, limits))
  }
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  if (entries.length > limits.items) limits.cut.any = true
  return Object.fromEntries(entries.slice(0, limits.items).map(([key, item]) => [key, shrink(item, limits)]))
}
