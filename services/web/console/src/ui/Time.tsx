import { useNow } from '../lib/clock.ts'
import { absolute, ago, dayTime } from '../lib/format.ts'
import { usePrefs } from '../lib/prefs.ts'

/** '3 min ago'; the whole time, with its zone, on hover and for assistive technology. */
export function Ago({ at }: { at: string | null | undefined }) {
  const nowMs = useNow()
  const { zone } = usePrefs()
  if (!at) return <span className="faint">never</span>
  return (
    <time dateTime={at} title={absolute(at, zone)}>
      {ago(at, nowMs)}
    </time>
  )
}

/** '22 Nov 14:05'; the age on hover. */
export function At({ at }: { at: string | null | undefined }) {
  const nowMs = useNow()
  const { zone } = usePrefs()
  if (!at) return <span className="faint">–</span>
  return (
    <time dateTime={at} title={`${absolute(at, zone)}, ${ago(at, nowMs)}`}>
      {dayTime(at, zone)}
    </time>
  )
}
