/** Everything on the screen is in the URL: plain `name=value` pairs, no encoding of types. Pure. */
import type { Search } from './range.ts'

/** Cuts what a link could smuggle in: 64 names, 512 characters each. */
export function parseSearch(text: string): Search {
  const search: Search = {}
  for (const [name, value] of [...new URLSearchParams(text)].slice(0, 64)) search[name] = value.slice(0, 512)
  return search
}

export function stringifySearch(search: Record<string, unknown>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined && value !== null && value !== '') query.set(name, String(value))
  }
  const text = query.toString()
  return text ? `?${text}` : ''
}

/** Kept while walking from page to page. */
export const globalNames = ['env', 'range', 'from', 'to'] as const
