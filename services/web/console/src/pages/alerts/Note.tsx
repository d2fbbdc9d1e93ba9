import { useState } from 'react'
import { useReturnFocus } from '../../lib/focus.ts'
import type { Incident } from '../../lib/types.ts'
import { useWrite } from '../../lib/writes.ts'
import { Said } from '../../ui/Said.tsx'

/** What on-call leaves for the next one; edited in place. */
export function Note({ incident }: { incident: Incident }) {
  const [open, setOpen] = useState(false)
  const opener = useReturnFocus<HTMLButtonElement>(open)
  const close = () => setOpen(false)
  const write = useWrite<Incident>(close)
  if (!open) {
    return (
      <span className="note">
        {incident.note || '–'}{' '}
        <button type="button" className="button quiet" ref={opener} onClick={() => setOpen(true)}>
          {incident.note ? 'Edit note' : 'Add a note'}
        </button>
      </span>
    )
  }
  return (
    <form
      className="note-form"
      onKeyDown={(event) => event.key === 'Escape' && close()}
      action={(form) =>
        write.run({
          path: `/incidents/${encodeURIComponent(incident.id)}/note`,
          body: { note: String(form.get('note') ?? '').trim() || null },
        })
      }
    >
      {/* biome-ignore lint/a11y/noAutofocus: the form stands where its button was pressed */}
      <textarea name="note" rows={3} aria-label="Note" defaultValue={incident.note ?? ''} autoFocus />
      <button type="submit" className="button primary" disabled={write.busy}>
        Save
      </button>
      <button type="button" className="button" onClick={close}>
        Cancel
      </button>
      <Said error={write.error} />
    </form>
  )
}
