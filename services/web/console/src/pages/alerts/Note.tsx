import { useState } from 'react'
import type { Incident } from '../../lib/types.ts'
import { useWrite } from '../../lib/writes.ts'
import { Said } from '../../ui/Said.tsx'

/** What on-call leaves for the next one; edited in place. */
export function Note({ incident }: { incident: Incident }) {
  const [open, setOpen] = useState(false)
  const write = useWrite<Incident>(() => setOpen(false))
  if (!open) {
    return (
      <span className="note">
        {incident.note || '–'}{' '}
        <button type="button" className="button quiet" onClick={() => setOpen(true)}>
          {incident.note ? 'Edit note' : 'Add a note'}
        </button>
      </span>
    )
  }
  return (
    <form
      className="note-form"
      action={(form) =>
        write.run({
          path: `/incidents/${encodeURIComponent(incident.id)}/note`,
          body: { note: String(form.get('note') ?? '').trim() || null },
        })
      }
    >
      <textarea name="note" rows={3} aria-label="Note" defaultValue={incident.note ?? ''} />
      <button type="submit" className="button primary" disabled={write.busy}>
        Save
      </button>
      <button type="button" className="button" onClick={() => setOpen(false)}>
        Cancel
      </button>
      <Said error={write.error} />
    </form>
  )
}
