import type { Finding } from '../../../shared/model/verdict.ts'
import type { Finding as JudgedFinding } from '../judge/index.ts'
import { type Frame, minuteIso } from './frame.ts'
import type { Signal } from './signal.ts'

/** A judged signal as the document says it. Trace ids and attributes are looked up later: they stand in raw rows. */
export function findingOf(frame: Frame, signal: Signal, judged: JudgedFinding): Finding {
  const { onset, end, ...told } = signal.finding()
  const slots = signal.slots ?? frame.baseline
  const first = slots[0] ?? Math.max(0, frame.start)
  const last = (slots.at(-1) ?? Math.max(0, frame.start) - 1) + 1
  const current = { from: minuteIso(frame, onset), to: minuteIso(frame, end ?? frame.end) }
  return {
    signal: signal.name,
    dimension: signal.dimension,
    ...(signal.label ? { label: signal.label } : {}),
    harmful: signal.canHarm && judged.worse,
    p_value: judged.judgement.pValue,
    q_value: judged.qValue,
    score: judged.judgement.score,
    n: judged.judgement.n,
    baseline: signal.baseline,
    window: {
      baseline:
        signal.baseline === 'concurrent'
          ? { from: minuteIso(frame, frame.from), to: minuteIso(frame, frame.end) }
          : { from: minuteIso(frame, first), to: minuteIso(frame, last) },
      current,
    },
    started_at: current.from,
    method: judged.judgement.method,
    exemplar_trace_ids: [],
    top_attributes: [],
    ...told,
  }
}
