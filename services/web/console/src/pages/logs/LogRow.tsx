import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { absolute, clockTime } from '../../lib/format.ts'
import { usePrefs } from '../../lib/prefs.ts'
import type { LogLine } from '../../lib/types.ts'
import { TraceLink } from '../../ui/Bits.tsx'
import { Copy } from '../../ui/Copy.tsx'
import { Icon } from '../../ui/Icon.tsx'
import { Attributes } from '../trace/SpanDetail.tsx'
import { levelOf } from './level.ts'
import './logs.css'

const beforeMs = 30_000
const afterMs = 2_000

/** All that the service said in the half minute before the line and just after it, whatever was searched for. */
const aroundLine = (line: LogLine) => ({
  service: line.service,
  env: line.environment,
  from: new Date(Date.parse(line.time) - beforeMs).toISOString(),
  to: new Date(Date.parse(line.time) + afterMs).toISOString(),
  at: line.time,
})

/** One line; pressed, it opens to its attributes, its trace and its whole text. */
export function LogRow({ line, marked = false }: { line: LogLine; marked?: boolean }) {
  const [open, setOpen] = useState(false)
  const { zone } = usePrefs()
  const word = levelOf(line)
  return (
    <div className={`log-row log-${word}${marked ? ' log-marked' : ''}`}>
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
            <Link to="/logs" search={aroundLine(line) as never} className="button">
              <Icon name="logs" size={14} /> Lines around it
            </Link>
            <Copy text={line.body} label="Copy line" />
          </p>
          <Attributes label="Attributes" values={line.attributes} />
        </div>
      )}
    </div>
  )
}
