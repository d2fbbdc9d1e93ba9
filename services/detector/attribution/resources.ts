import { median, quantile } from 'simple-statistics'

/** One measure of one service, per step: a resource (percent of its limit, say), or a time that its requests take. */
export type ResourceSeries = {
  service: string
  name: string
  unit: string
  /** Quiet times, then the minutes just before, then now. */
  history: readonly number[]
  justBefore: readonly number[]
  now: readonly number[]
  /** The smallest change worth a word, in the unit. */
  floor: number
  /** Callers show it too: the time that a request takes includes that of the callees. */
  inherited: boolean
}

export type Jump = { service: string; name: string; strength: number; inherited: boolean; evidence: string }

/** A jump below this many usual swings is none. */
const leastSwings = 3

/**
 * Resources that jumped: the median of now against the usual level, in units of the usual swing: up to the 99th percentile
 * of history, or to the level just before if that was higher. What was already so just before did not jump.
 */
export function jumpsOf(series: readonly ResourceSeries[]): Jump[] {
  const jumps: Jump[] = []
  for (const s of series) {
    if (s.history.length < 3 || s.now.length === 0) continue
    const usual = median([...s.history])
    const before = s.justBefore.length === 0 ? usual : Math.max(usual, median([...s.justBefore]))
    const swing = Math.max(s.floor, quantile([...s.history], 0.99) - usual, before - usual)
    const now = median([...s.now])
    const swings = (now - before) / swing
    if (swings < leastSwings) continue
    const evidence = `${s.name} is ${amount(now)}${s.unit}, just before ${amount(before)}${s.unit}, usually ${amount(usual)}${s.unit} (99 % below ${amount(usual + swing)}${s.unit})`
    jumps.push({ service: s.service, name: s.name, strength: Math.log1p(swings), inherited: s.inherited, evidence })
  }
  return jumps.sort((a, b) => b.strength - a.strength)
}

const amount = (x: number): string => Number(x.toPrecision(3)).toString()
