import { useRouterState } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { absolute, dayTime } from '../lib/format.ts'
import { usePrefs } from '../lib/prefs.ts'
import { absoluteSpan, defaultRangeOf, ranges, type Span } from '../lib/range.ts'
import { useSearch, useSetSearch } from '../lib/useSearch.ts'
import { Icon } from '../ui/Icon.tsx'

/** 'YYYY-MM-DDTHH:MM' for the input, in the zone that is shown. */
function inputValue(timeMs: number, utc: boolean): string {
  const shiftMs = utc ? 0 : new Date(timeMs).getTimezoneOffset() * 60_000
  return new Date(timeMs - shiftMs).toISOString().slice(0, 16)
}

/** Two times of one's own, in the zone that is shown. */
function OwnTimes({ span, onTake }: { span: Span | null; onTake: () => void }) {
  const set = useSetSearch()
  const { zone } = usePrefs()
  const [problem, setProblem] = useState('')
  const take = (form: FormData) => {
    const iso = (name: string) => {
      const text = String(form.get(name) ?? '')
      const date = new Date(zone === 'utc' ? `${text}Z` : text)
      return Number.isNaN(date.getTime()) ? '' : date.toISOString()
    }
    const [from, to] = [iso('from'), iso('to')]
    if (!from || to <= from) return setProblem('The end has to lie after the beginning.')
    setProblem('')
    set({ from, to })
    onTake()
  }
  return (
    <form action={take} key={`${span?.fromMs}-${span?.toMs}`}>
      <label>
        From ({zone === 'utc' ? 'UTC' : 'local'})
        <input
          type="datetime-local"
          name="from"
          required
          defaultValue={span ? inputValue(span.fromMs, zone === 'utc') : ''}
        />
      </label>
      <label>
        To
        <input
          type="datetime-local"
          name="to"
          required
          defaultValue={span ? inputValue(span.toMs, zone === 'utc') : ''}
        />
      </label>
      <button type="submit" className="button primary">
        Show
      </button>
      {problem && <p role="alert">{problem}</p>}
    </form>
  )
}

/** Relative ranges, or two times of one's own. */
export function RangePicker() {
  const search = useSearch()
  const set = useSetSearch()
  const { zone } = usePrefs()
  const details = useRef<HTMLDetailsElement>(null)
  const span = absoluteSpan(search)
  const path = useRouterState({ select: (state) => state.location.pathname })
  const range = search.range ?? defaultRangeOf(path)
  const summary = useRef<HTMLElement>(null)
  const close = () => {
    if (!details.current?.open) return
    details.current.open = false
    summary.current?.focus()
  }
  const shown = span ? `${dayTime(span.fromMs, zone)} – ${dayTime(span.toMs, zone)}` : `Last ${range}`
  return (
    <details
      className="range"
      ref={details}
      onKeyDown={(event) => event.key === 'Escape' && close()}
      onBlur={(event) => {
        const { relatedTarget } = event
        if (relatedTarget && !event.currentTarget.contains(relatedTarget)) event.currentTarget.open = false
      }}
    >
      <summary ref={summary} title={span ? `${absolute(span.fromMs, zone)} – ${absolute(span.toMs, zone)}` : undefined}>
        <Icon name="clock" size={14} /> {shown}
      </summary>
      <div className="range-panel">
        <div className="range-list">
          {ranges.map((name) => (
            <button
              key={name}
              type="button"
              className="button quiet"
              aria-pressed={!span && name === range}
              onClick={() => {
                set({ range: name, from: null, to: null })
                close()
              }}
            >
              {name}
            </button>
          ))}
        </div>
        <OwnTimes span={span} onTake={close} />
      </div>
    </details>
  )
}
