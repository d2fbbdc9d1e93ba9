import { createHash } from 'node:crypto'
import type { Anomaly } from '../../shared/model/anomaly.ts'
import type { Deploy } from '../../shared/model/deploy.ts'
import type { Finding, Verdict } from '../../shared/model/verdict.ts'
import { changesBuild } from '../../shared/state/deploy-merge.ts'
import { levelOf } from './anomalies/level.ts'
import { differs, liveOf } from './anomalies/life.ts'
import { decide } from './decide/decide.ts'
import type { Due } from './due.ts'
import { evidenceFor } from './evidence/evidence.ts'
import { readMaskedBefore } from './masked-before.ts'
import type { Deps, Memory } from './memory.ts'
import { readAround } from './near.ts'
import { readSeasonal } from './seasonal.ts'
import type { Build, Window } from './window/window.ts'

/** Findings whose traces and attributes are looked up. */
const EVIDENCE_FINDINGS = 8
/** Looked up again when the finding's window has grown by this much. */
const EVIDENCE_AGAIN_MS = 5 * 60_000

export type Look = { verdict: Verdict | null; anomalies: Anomaly[] }

/** Looks at one deploy: judges it, adds evidence, and moves its anomalies. What did not change is left out. */
export async function look(
  deps: Pick<Deps, 'store' | 'state' | 'config'>,
  memory: Pick<Memory, 'windows' | 'lines' | 'watched'>,
  window: Window,
  due: Due,
  excluded: ReadonlySet<number>,
  nowMs: number,
): Promise<Look> {
  const { watched, closedMinute } = due
  const { deploy } = watched
  const decided = await judge(deps, memory, window, due, excluded, nowMs)
  const build = buildFor(deploy, window)
  const verdict: Verdict = {
    ...decided,
    findings: await withEvidence(deps, deploy, build, decided.findings, watched.verdict),
  }
  const anomalies = liveOf({
    deploy,
    verdict,
    known: watched.anomalies,
    idOf: (finding) => anomalyId(deploy, finding),
    levelOf: (a) => levelOf(a, build, window, closedMinute),
    nowMs,
  })
  const isNew = !watched.verdict || differs(watched.verdict, verdict)
  watched.verdict = isNew ? verdict : watched.verdict
  for (const a of anomalies) watched.anomalies.set(a.id, a)
  return { verdict: isNew ? verdict : null, anomalies }
}

/** The verdict; where something harmful stands, with a look at the services around. */
async function judge(
  deps: Pick<Deps, 'store' | 'state' | 'config'>,
  memory: Pick<Memory, 'windows' | 'lines' | 'watched'>,
  window: Window,
  { watched, closedMinute, quiet, othersAlive }: Due,
  excluded: ReadonlySet<number>,
  nowMs: number,
): Promise<Verdict> {
  const { deploy } = watched
  const o = {
    ...deps.config,
    closedMinute,
    quiet,
    othersAlive,
    excluded,
    siblings: siblingsOf(memory, deploy),
    before: watched.verdict,
    nowMs,
  }
  const known = () => ({ ...o, seasonal: watched.seasonal ?? [], maskedBefore: watched.maskedBefore })
  let alone = decide(window, deploy, known())
  if (watched.seasonal === null && alone.findings.length > 0) {
    // What was before can only excuse: it is read when there is something to excuse.
    watched.maskedBefore = await readMaskedBefore(deps.store, deploy)
    watched.seasonal = await readSeasonal(deps.store, deploy, deps.config.watchMinutes)
    alone = decide(window, deploy, known())
  }
  const harmful = alone.findings.filter((f) => f.harmful)
  if (harmful.length === 0) return alone
  const onsetMs = Math.min(...harmful.map((f) => Date.parse(f.started_at)))
  const around = await readAround(deps, memory, { deploy, window, onsetMs, untilMs: (closedMinute + 1) * 60_000 })
  return decide(window, deploy, { ...known(), around })
}

/** The deploys of the same service that are watched now, this one among them. */
const siblingsOf = (memory: Pick<Memory, 'watched'>, deploy: Deploy): Deploy[] =>
  [...memory.watched.values()]
    .map((w) => w.deploy)
    .filter((d) => d.service === deploy.service && d.environment === deploy.environment)

/** The build whose traffic a deploy is followed by; null where the whole service is. */
export const buildFor = (deploy: Pick<Deploy, 'kind' | 'version' | 'commit'>, window: Window): Build | null => {
  const versioned = [...window.series.values()].some((s) => s.version !== '' || s.commit !== '')
  const named = deploy.version !== '' || deploy.commit !== ''
  return changesBuild(deploy.kind) && named && versioned ? { version: deploy.version, commit: deploy.commit } : null
}

/** Of deploy, signal and dimension: two detectors, or one twice, write the same row. */
const anomalyId = (deploy: Deploy, f: Finding): string =>
  `a_${createHash('sha256')
    .update(JSON.stringify([deploy.service, deploy.environment, deploy.id, f.signal, f.dimension]))
    .digest('hex')
    .slice(0, 24)}`

async function withEvidence(
  deps: Pick<Deps, 'store'>,
  deploy: Deploy,
  build: Build | null,
  findings: readonly Finding[],
  before: Verdict | null,
): Promise<Finding[]> {
  const known = new Map((before?.findings ?? []).map((f) => [`${f.signal} ${f.dimension}`, f]))
  const done: Finding[] = []
  for (const [i, f] of findings.entries()) {
    const old = known.get(`${f.signal} ${f.dimension}`)
    const fresh =
      old &&
      old.exemplar_trace_ids.length > 0 &&
      Date.parse(f.window.current.to) - Date.parse(old.window.current.to) < EVIDENCE_AGAIN_MS
    if (fresh) done.push({ ...f, exemplar_trace_ids: old.exemplar_trace_ids, top_attributes: old.top_attributes })
    else if (i >= EVIDENCE_FINDINGS) done.push(f)
    else
      done.push({
        ...f,
        ...(await evidenceFor(deps.store, { service: deploy.service, environment: deploy.environment, build }, f)),
      })
  }
  return done
}
