import type { Severity, Tracking } from './types.ts'

/** Constants of the life cycle, milliseconds. */
export type Timing = {
  /** How long a signal must stand before anybody is told. Short: the detector has already looked more than once. */
  holdMs: number
  /** How long an incident goes on after its last signal closed, so that a flapping one is told once. */
  keepFiringMs: number
  /** How long after its end an incident without a deploy is opened again rather than a new one made. */
  reopenWithinMs: number
  /** After how long a firing incident that nobody acknowledged is told again. */
  repeatMs: number
  /** One that was over before it was seen is still told where it lasted at least `lateLastedMs` … */
  lateLastedMs: number
  /** … and ended no longer ago than this. */
  lateWithinMs: number
}

export const timing: Timing = {
  holdMs: 3_000,
  keepFiringMs: 60_000,
  reopenWithinMs: 6 * 3_600_000,
  repeatMs: 4 * 3_600_000,
  lateLastedMs: 60_000,
  lateWithinMs: 3_600_000,
}

/** What the life cycle sees of an incident at one moment. Times of the signals are event times. */
export type View = {
  open: number
  startedMs: number
  /** When the last signal ended; null while one is open. */
  endedMs: number | null
  severity: Severity
  silenced: boolean
  acknowledged: boolean
}

/** `fire` and `resolve` change the state; `tell` owes channels a message. */
export type Action = 'fire' | 'resolve' | 'tell_firing' | 'tell_resolved' | 'tell_escalated' | 'drop'

export type Step = { next: Tracking; actions: Action[]; reason: string }

export const newTracking = (nowMs: number): Tracking => ({
  phase: 'pending',
  pending_since_ms: nowMs,
  quiet_since_ms: null,
  episode: 0,
  told: false,
  told_severity: null,
  last_told_ms: null,
  sequence: 0,
  episode_sequence: 0,
})

const stay = (next: Tracking, reason: string): Step => ({ next, actions: [], reason })

/** One step of the life cycle. Pure: the same tracking, view and time give the same step, so a repeat does no harm. */
export function step(t: Tracking, view: View, nowMs: number, timing: Timing): Step {
  if (t.phase === 'pending') return fromPending(t, view, nowMs, timing)
  if (t.phase === 'firing') return fromFiring(t, view, nowMs, timing)
  if (view.open === 0) return stay(t, 'resolved')
  return stay({ ...t, phase: 'pending', pending_since_ms: nowMs, quiet_since_ms: null }, 'a signal opened again')
}

function fromPending(t: Tracking, view: View, nowMs: number, timing: Timing): Step {
  if (view.open > 0) {
    if (nowMs - t.pending_since_ms < timing.holdMs) return stay(t, 'waiting for the hold to end')
    return fire(t, view, nowMs, 'stood through the hold')
  }
  const endedMs = view.endedMs ?? nowMs
  const lasted = endedMs - view.startedMs >= timing.lateLastedMs
  const recent = nowMs - endedMs <= timing.lateWithinMs
  if (!lasted || !recent) {
    const reason = lasted ? 'it ended too long ago to tell' : 'it ended within the hold'
    return { next: { ...t, phase: 'resolved', told: false }, actions: lasted ? ['drop'] : [], reason }
  }
  const fired = fire(t, view, nowMs, 'it was over before it was seen')
  const next: Tracking = { ...fired.next, phase: 'resolved', quiet_since_ms: nowMs }
  return {
    next,
    actions: [...fired.actions, 'resolve', ...(fired.next.told ? (['tell_resolved'] as const) : [])],
    reason: fired.reason,
  }
}

function fire(t: Tracking, view: View, nowMs: number, reason: string): Step {
  const tells = !view.silenced
  const next: Tracking = {
    ...t,
    phase: 'firing',
    quiet_since_ms: null,
    episode: t.episode + 1,
    episode_sequence: t.sequence,
    told: tells,
    told_severity: tells ? view.severity : null,
    last_told_ms: tells ? nowMs : null,
  }
  return { next, actions: tells ? ['fire', 'tell_firing'] : ['fire'], reason: tells ? reason : `${reason}, silenced` }
}

function fromFiring(t: Tracking, view: View, nowMs: number, timing: Timing): Step {
  if (view.open === 0) {
    const quietSince = t.quiet_since_ms ?? nowMs
    if (nowMs - quietSince < timing.keepFiringMs)
      return stay({ ...t, quiet_since_ms: quietSince }, 'waiting whether it comes back')
    const next: Tracking = { ...t, phase: 'resolved', quiet_since_ms: quietSince }
    return { next, actions: t.told ? ['resolve', 'tell_resolved'] : ['resolve'], reason: 'no signal is open any more' }
  }
  const open: Tracking = { ...t, quiet_since_ms: null }
  if (view.silenced) return stay(open, 'firing, silenced')
  const tell = (action: Action, reason: string): Step => ({
    next: { ...open, told: true, told_severity: view.severity, last_told_ms: nowMs },
    actions: [action],
    reason,
  })
  if (!t.told) return tell('tell_firing', 'nobody was told yet')
  if (t.told_severity === 'warning' && view.severity === 'critical') return tell('tell_escalated', 'it became critical')
  if (!view.acknowledged && nowMs - (t.last_told_ms ?? nowMs) >= timing.repeatMs)
    return tell('tell_firing', 'it fires still and nobody acknowledged it')
  return stay(open, 'firing')
}
