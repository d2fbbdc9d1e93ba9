import { describe, expect, it } from 'vitest'
import { togetherWith } from '../../../services/detector/decide/together.ts'
import type { Traffic } from '../../support/telemetry.ts'
import { AFTER, deploy, HISTORY, traffic, verdictOf, window } from './support/minutes.ts'

describe('deploys minutes apart', () => {
  const at = (version: string, from: number, to: number, errorRatio: number) =>
    traffic('shop', version, from, to, { '/': { errorRatio } })
  const commits = (sha: string) => [{ sha: `${sha}1` }, { sha: `${sha}2` }]

  //  v1 ──────┐ v2 ┐ v3          v2 fails, and v3 holds its changes
  //           └────┴──────
  it('are judged together, and the one with which it began is named', () => {
    const [first, second] = [at('v2', -3, 0, 0.3), at('v3', 0, AFTER, 0.3)]
    const w = window(at('v1', -HISTORY, -3, 0.01), first, second)
    const all = [deploy(first, { commits: commits('a') }), deploy(second, { commits: commits('b') })]
    const v = verdictOf(w, all[1]!, undefined, all)
    expect(v.verdict, v.reason).toBe('regressed')
    expect(v.reason).toContain('it began with v2')
    expect(v.commits.commits.map((c) => c.sha)).toEqual(['a1', 'a2'])
  })

  it('are judged together where commits alone tell them apart', () => {
    const [before, first, second] = [at('', -HISTORY, -3, 0.01), at('', -3, 0, 0.3), at('', 0, AFTER, 0.3)]
    const built = (t: Traffic, commit: string): Traffic => ({ ...t, commit })
    const w = window(built(before, 'c1'), built(first, 'c2'), built(second, 'c3'))
    const all = [
      deploy(built(first, 'c2'), { id: 'd_c2', previous_version: 'c1' }),
      deploy(built(second, 'c3'), { id: 'd_c3', previous_version: 'c2' }),
    ]
    const v = verdictOf(w, all[1]!, undefined, all)
    expect(v.verdict, v.reason).toBe('regressed')
    expect(v.reason).toContain('it began with c2')
    expect(v.commits.wording).toBe('commit c2 since c1, the only one that was told')
    // Back to what ran before is no set: it took the other back.
    const back = deploy(built(second, 'c1'), { id: 'd_back', previous_version: 'c2' })
    expect(togetherWith(back, [all[0]!, back])).toEqual([])
  })

  it('are told apart where it began with the later one', () => {
    const [first, second] = [at('v2', -4, 0, 0.01), at('v3', 0, AFTER, 0.3)]
    const w = window(at('v1', -HISTORY, -4, 0.01), first, second)
    const all = [deploy(first, { commits: commits('a') }), deploy(second, { commits: commits('b') })]
    const [earlier, later] = all.map((d) => verdictOf(w, d, undefined, all))
    expect(later!.verdict, later!.reason).toBe('regressed')
    expect(later!.commits.wording).toBe('1 of 2 commits since v1')
    expect(earlier!.verdict, earlier!.reason).not.toBe('regressed')
    expect(earlier!.reason).toContain('v3 followed within minutes')
  })

  it('are named both, with the commits of both, where nothing tells them apart', () => {
    const [first, second] = [at('v2', -1, 0, 0.1), at('v3', 0, AFTER, 0.1)]
    const w = window(at('v1', -HISTORY, -1, 0.01), { ...first, requestsPerMinute: 6 }, second)
    const all = [deploy(first, { commits: commits('a') }), deploy(second, { commits: commits('b') })]
    const v = verdictOf(w, all[1]!, undefined, all)
    expect(v.verdict, v.reason).toBe('regressed')
    expect(v.reason).toMatch(/one of these 2 deploys did it/)
    expect(v.commits.commits.map((c) => c.sha).sort()).toEqual(['a1', 'a2', 'b1', 'b2'])
    expect(v.commits.wording).toMatch(/^of one of these 2 deploys: /)
    expect(v.suspects.map((s) => s.version).sort()).toEqual(['v2', 'v3'])
  })

  it('say nothing where nothing changed', () => {
    const [first, second] = [at('v2', -3, 0, 0.01), at('v3', 0, AFTER, 0.01)]
    const w = window(at('v1', -HISTORY, -3, 0.01), first, second)
    const all = [deploy(first), deploy(second)]
    const v = verdictOf(w, all[1]!, undefined, all)
    expect(v.verdict, v.reason).toBe('no_difference')
    expect(v.suspects).toEqual([])
  })

  it('leave a flag alone where it clearly began with the version after it', () => {
    const second = at('v2', 0, AFTER, 0.3)
    const w = window(at('v1', -HISTORY, 0, 0.01), second)
    const flag = deploy(at('v1', -10, 0, 0.01), { id: 'd_flag', kind: 'flag' })
    const v = verdictOf(w, flag, undefined, [flag, deploy(second)])
    expect(v.verdict, v.reason).toBe('no_difference')
    expect(v.reason).toContain('it began with v2')
    expect(v.suspects[0]).toMatchObject({ version: 'v2' })
  })
})

describe('a version that came later', () => {
  //  v1 ──┐
  //       └ v2 ─────────────    v2 fails, and a canary of v3 fails more beside it
  //            └ v3 ────────
  const at = (version: string, from: number, to: number, errorRatio: number) =>
    traffic('shop', version, from, to, { '/': { errorRatio } })
  const old = at('v1', -HISTORY, 0, 0.01)
  const watched = at('v2', 0, AFTER, 0.15)
  const later = at('v3', 6, AFTER, 0.5)

  it('is no baseline for the one before it', () => {
    const v = verdictOf(window(old, watched, later), deploy(watched), undefined, [deploy(watched), deploy(later)])
    expect(v.verdict, v.reason).toBe('regressed')
    expect(v.findings[0]).toMatchObject({ signal: 'error_ratio', baseline: 'before' })
  })

  it('is none for the first version of a service either, to which it was rolled back', () => {
    const w = window(at('v2', 0, 6, 0.01), at('v3', 6, AFTER, 0.5), at('v2', 11, AFTER, 0.01))
    const v = verdictOf(w, deploy(watched, { previous_id: null }), undefined, [deploy(watched), deploy(later)])
    expect(v.verdict, v.reason).toBe('insufficient_data')
  })
})
