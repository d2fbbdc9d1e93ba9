/**
 * Foreign text for a message: one line, no control characters, no characters that turn the direction of writing or hide,
 * whole code points, at most `maxChars`.
 */
export function safeText(text: string, maxChars: number): string {
  const plain = wellFormed(text)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, '')
    .trim()
  if (plain.length <= maxChars) return plain
  return `${wellFormed(plain.slice(0, maxChars - 1)).replace(/\ufffd$/, '')}…`
}

/** Half of a surrogate pair becomes U+FFFD. */
const wellFormed = (text: string) => text.replace(/\p{Cs}/gu, '\ufffd')

/** `&`, `<` and `>` as Slack and HTML want them. */
export const escapeMarkup = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

export const escapeHtml = (text: string): string =>
  escapeMarkup(text).replaceAll('"', '&quot;').replaceAll("'", '&#39;')

/**
 * Foreign text inside GitHub's Markdown: shown as it is. Nobody is mentioned, no issue is referred to, nothing becomes a link: an
 * empty comment stands where GitHub would see one.
 */
export const escapeMarkdown = (text: string): string =>
  escapeMarkup(text)
    .replace(/[\\`*_[\]()~|!]/g, (c) => `\\${c}`)
    .replace(/[@#]|(?<=:)(?=\/\/)|(?<=www)(?=\.)/gi, (c) => `${c}<!-- -->`)

/** An http(s) link, or null: nothing else from telemetry or events becomes a link. */
export function safeLink(text: string | null | undefined): string | null {
  if (!text || text.length > 2000) return null
  try {
    const url = new URL(text)
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null
  } catch {
    return null
  }
}
