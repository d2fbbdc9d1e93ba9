import { useState } from 'react'
import { now, useNow } from '../../lib/clock.ts'
import { useReturnFocus } from '../../lib/focus.ts'
import type { Silence, SilenceInput } from '../../lib/types.ts'
import { useSearch } from '../../lib/useSearch.ts'
import { signalNames, signalWord } from '../../lib/words.ts'
import { useWrite } from '../../lib/writes.ts'
import { Said } from '../../ui/Said.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { Ago, At } from '../../ui/Time.tsx'

const hours = ['1', '4', '12', '24', '72', '168']

/** Only what was filled in is matched. */
function inputOf(form: FormData): SilenceInput {
  const text = (name: string) => String(form.get(name) ?? '').trim()
  const matchers: Record<string, string> = {}
  for (const name of ['service', 'environment', 'signal', 'dimension']) if (text(name)) matchers[name] = text(name)
  return {
    matchers: matchers as SilenceInput['matchers'],
    ends_at: new Date(now() + Number(text('hours')) * 3_600_000).toISOString(),
    comment: text('comment'),
  }
}

function NewSilence({ onClose }: { onClose: () => void }) {
  const search = useSearch()
  const write = useWrite<Silence>(onClose)
  return (
    <form
      action={(form) => write.run({ path: '/silences', body: inputOf(form) })}
      onKeyDown={(event) => event.key === 'Escape' && onClose()}
      className="card pad silence-form"
    >
      <h2>New silence</h2>
      <label>
        Service
        {/* biome-ignore lint/a11y/noAutofocus: the form stands where its button was pressed */}
        <input name="service" defaultValue={search.service ?? ''} placeholder="any" autoFocus />
      </label>
      <label>
        Environment
        <input name="environment" defaultValue={search.env ?? ''} placeholder="any" />
      </label>
      <label>
        Signal
        <select name="signal" defaultValue={search.silence ?? ''}>
          <option value="">any</option>
          {signalNames.map((signal) => (
            <option key={signal} value={signal}>
              {signalWord(signal)}
            </option>
          ))}
        </select>
      </label>
      <label>
        Route, peer or metric
        <input name="dimension" defaultValue={search.dimension ?? ''} placeholder="any" />
      </label>
      <label>
        For
        <select name="hours" defaultValue="4">
          {hours.map((value) => (
            <option key={value} value={value}>
              {value} h
            </option>
          ))}
        </select>
      </label>
      <label className="silence-comment">
        Why
        <input name="comment" required placeholder="so that the next on-call understands" />
      </label>
      <div className="actions">
        <button type="submit" className="button primary" disabled={write.busy}>
          Silence
        </button>
        <button type="button" className="button" onClick={onClose}>
          Cancel
        </button>
      </div>
      <Said error={write.error} />
    </form>
  )
}

function End({ silence }: { silence: Silence }) {
  const write = useWrite()
  const nowMs = useNow()
  if (Date.parse(silence.ends_at) < nowMs) return <span className="faint">over</span>
  return (
    <button
      type="button"
      className="button"
      disabled={write.busy}
      onClick={() => write.run({ path: `/silences/${encodeURIComponent(silence.id)}`, method: 'DELETE' })}
    >
      End now
    </button>
  )
}

const columns: Column<Silence>[] = [
  {
    key: 'matches',
    title: 'Matches',
    cell: (silence) =>
      Object.entries(silence.matchers)
        .map(([name, value]) => `${name} = ${value}`)
        .join(', '),
  },
  { key: 'why', title: 'Why', cell: (silence) => silence.comment || '–' },
  { key: 'by', title: 'By', cell: (silence) => silence.created_by },
  { key: 'from', title: 'Began', by: (silence) => silence.starts_at, cell: (silence) => <At at={silence.starts_at} /> },
  { key: 'to', title: 'Ends', by: (silence) => silence.ends_at, cell: (silence) => <Ago at={silence.ends_at} /> },
  { key: 'end', title: '', cell: (silence) => <End silence={silence} /> },
]

/** What is not told, until when and why; it is still judged and shown. */
export function Silences({ items }: { items: Silence[] }) {
  const search = useSearch()
  const [open, setOpen] = useState(search.silence !== undefined)
  const opener = useReturnFocus<HTMLButtonElement>(open)
  const close = () => setOpen(false)
  return (
    <div className="stack">
      {open ? (
        <NewSilence onClose={close} />
      ) : (
        <div>
          <button type="button" className="button" ref={opener} onClick={() => setOpen(true)}>
            New silence
          </button>
        </div>
      )}
      <Table
        label="Silences"
        columns={columns}
        rows={items}
        rowKey={(silence) => silence.id}
        empty="Nothing is silenced: everything that fires is told."
      />
    </div>
  )
}
