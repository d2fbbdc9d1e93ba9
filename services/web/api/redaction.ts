import { REDACTION_RULES, type RedactionRule } from '../../../shared/model/redaction.ts'
import { findSecrets, isSensitiveKey, MASK } from '../../../shared/security/redact.ts'
import { ok, type Route, route } from '../route.ts'
import { type RedactionPreview, redactionInput, redactionPreview } from './schemas/system.ts'

const mask = Buffer.from(MASK).toString()

/** What ingest would keep of a text, as the value of an attribute where one is named. No secret stands in the answer. */
export function previewOf(text: string, attribute = ''): RedactionPreview {
  if (text !== '' && isSensitiveKey(attribute)) return answerOf([{ text: mask, rule: 'sensitive_key' }])
  const bytes = Buffer.from(text)
  const parts: RedactionPreview['parts'] = []
  const plain = (from: number, to: number) => {
    if (from < to) parts.push({ text: bytes.toString('utf8', from, to), rule: null })
  }
  let at = 0
  for (const hit of findSecrets(bytes, 0, bytes.length)) {
    plain(at, hit.from)
    parts.push({ text: mask, rule: hit.rule })
    at = hit.to
  }
  plain(at, bytes.length)
  return answerOf(parts)
}

function answerOf(parts: RedactionPreview['parts']): RedactionPreview {
  const rules = (Object.keys(REDACTION_RULES) as RedactionRule[]).flatMap((rule) => {
    const count = parts.filter((part) => part.rule === rule).length
    return count === 0 ? [] : [{ rule, finds: REDACTION_RULES[rule], count }]
  })
  return { masked: parts.map((part) => part.text).join(''), parts, rules }
}

export const redactionRoutes: Route[] = [
  route({
    method: 'post',
    path: '/api/v1/redaction/preview',
    scope: 'read',
    tag: 'system',
    summary: 'What ingest would mask in a text, and by which rule; nothing of it is kept',
    body: redactionInput,
    answers: ok(redactionPreview),
    handle: async ({ body }) => ({ body: previewOf(body.text, body.attribute) }),
  }),
]
