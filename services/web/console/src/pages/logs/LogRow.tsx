import { useState } from 'react'
import { absolute, clockTime } from '../../lib/format.ts'
import { usePrefs } from '../../lib/prefs.ts'
import type { LogLine } from '../../lib/types.ts'
import { TraceLink } from '../../ui/Bits.tsx'
import { Copy } from '../../ui/Copy.tsx'
import { Attributes } from '../trace/SpanDetail.tsx'
import './logs.css'

const level = (line: LogLine): string => {
  const number = line.severity_number
  if (number >= 21) return 'fatal'
  if (number >= 17) return 'error'
  if (number >= 13) return 'warn'
  if (number >= 9) return 'info'
  return number >= 5 ? 'debug' : line.severity || 'log'
}

/** One line; pressed, it opens to its attributes, its trace and its whole text. */
export function LogRow({ line }: { line: LogLine }) {
  const [open, setOpen] = useState(false)
  const { zone } = usePrefs()
  const word = level(line)
  return (
    <div className={`log-row log-${word}`}>
      <button type="button" className="log-line" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span className="log-time" title={absolute(line.time, zone)}>
          {clockTime(line.time, zone, true)}
        </span>
        <span className="log-level">{word}</span>
        <span className="log-service">{line.service}</span>
        <span className="log-body">{line.body}</span>
      </button>
      {open && (
        <div className="log-detail">
          <pre className="log-whole">{line.body}</pre>
          <p className="actions">
            {line.trace_id && (
              <span>
                Trace <TraceLink id={line.trace_id} />
              </span>
            )}
            <span>
              {line.service} {line.version} · {line.environment}
            </span>
            <Copy text={line.body} label="Copy line" />
          </p>
          <Attributes label="Attributes" values={line.attributes} />
        </div>
      )}
    </div>
  )
}
