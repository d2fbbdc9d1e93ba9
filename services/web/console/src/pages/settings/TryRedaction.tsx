import { useState } from 'react'
import { plural } from '../../lib/format.ts'
import type { RedactionPreview } from '../../lib/types.ts'
import { useWrite } from '../../lib/writes.ts'
import { Said } from '../../ui/Said.tsx'

const longest = 16_384

function Outcome({ preview }: { preview: RedactionPreview }) {
  const masked = preview.rules.reduce((sum, rule) => sum + rule.count, 0)
  return (
    <div role="status" className="card pad">
      <p>
        {masked === 0
          ? 'Nothing would be masked: it would be kept as it stands.'
          : `${plural(masked, 'secret')} would be masked: ${preview.rules.map((rule) => `${rule.finds} (${rule.rule}${rule.count > 1 ? `, ${rule.count} times` : ''})`).join('; ')}.`}
      </p>
      <pre className="redacted-text">
        {preview.parts.map((part, index) =>
          part.rule === null ? (
            part.text
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: a part is its place
            <mark key={index} title={part.rule}>
              {part.text}
            </mark>
          ),
        )}
      </pre>
    </div>
  )
}

/** A text as ingest would keep it, by the code that ingest runs. */
export function TryRedaction() {
  const [preview, setPreview] = useState<RedactionPreview | null>(null)
  const write = useWrite<RedactionPreview>(setPreview)
  const [text, setText] = useState('')
  const [attribute, setAttribute] = useState('')
  const submit = () => {
    const key = attribute.trim()
    write.run({ path: '/redaction/preview', body: { text, ...(key && { attribute: key }) } })
  }
  return (
    <>
      <h3 className="try-head">Try it</h3>
      <form action={submit} className="form try-redaction">
        <label className="full">
          A log line, a URL, a value
          <textarea
            rows={4}
            maxLength={longest}
            value={text}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => {
              setText(event.target.value)
              setPreview(null)
            }}
            placeholder="cannot reach postgres://app:…@db/orders"
          />
        </label>
        <label>
          Attribute key, where it is the value of one
          <input
            value={attribute}
            maxLength={256}
            placeholder="http.request.header.authorization"
            onChange={(event) => {
              setAttribute(event.target.value)
              setPreview(null)
            }}
          />
        </label>
        <div className="full actions">
          <button type="submit" className="button primary" disabled={write.busy || text === ''}>
            What would be masked?
          </button>
          <span className="faint">The text is neither stored nor logged.</span>
          <Said error={write.error} />
        </div>
      </form>
      {preview && <Outcome preview={preview} />}
    </>
  )
}
