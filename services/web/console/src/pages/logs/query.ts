/** What is typed into the log search: `service:checkout level>=warn "some text"`. Pure. */
export type LogQuery = {
  service?: string
  environment?: string
  version?: string
  level?: string
  trace?: string
  text?: string
}

const names: Record<string, keyof LogQuery> = {
  service: 'service',
  env: 'environment',
  environment: 'environment',
  version: 'version',
  level: 'level',
  trace: 'trace',
}

/** Fields are taken out; what is left is searched for as one text. Unknown fields are text. */
export function parseQuery(typed: string): LogQuery {
  const query: LogQuery = {}
  const text: string[] = []
  for (const [word] of typed.matchAll(/[\w.]+(?::|>=)"[^"]*"|"[^"]*"|\S+/g)) {
    const field = /^([a-z]+)(?::|>=)(.+)$/.exec(word)
    const name = field ? names[field[1]!] : undefined
    if (name && field) query[name] = field[2]!.replaceAll('"', '')
    else text.push(word.replaceAll('"', ''))
  }
  const left = text.join(' ').trim()
  if (left) query.text = left
  return query
}
