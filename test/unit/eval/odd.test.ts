import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import type { EvalSet } from '../../eval/main.ts'
import builds from '../../eval/sets/builds.ts'
import deployShift from '../../eval/sets/deploy-shift.ts'
import loghub from '../../eval/sets/loghub.ts'
import nab from '../../eval/sets/nab.ts'
import nezha from '../../eval/sets/nezha.ts'
import petshop from '../../eval/sets/petshop.ts'
import rollouts from '../../eval/sets/rollouts.ts'

const folder = mkdtempSync(join(tmpdir(), 'plumbline-odd-'))
afterAll(() => rmSync(folder, { recursive: true }))

const path = (name: string): string => join(folder, name)
const run = (set: EvalSet, input: string, out: string) =>
  set({ input, out, quick: false, seed: 0, progress: () => undefined })

/** What the set answers to these lines, one parsed answer a line. */
async function answersTo(set: EvalSet, text: string | Buffer): Promise<Record<string, unknown>[]> {
  writeFileSync(path('cases'), text)
  await run(set, path('cases'), path('answers'))
  const lines = readFileSync(path('answers'), 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** As the same case reads when it was written well: odd writing must not change an answer. */
const steps = (n: number) => Array.from({ length: n }, (_, i) => 100 + (i % 7) + (i % 3))
const doubled = steps(40).map((v) => 2 * v)

describe('labelled data written in odd ways', () => {
  it('is read with NaN and Infinity as no value, numbers in text, a byte order mark, CRLF, and gzip under any name', async () => {
    const clean = `{"id":"a","values":${JSON.stringify([null, null, ...steps(40), ...doubled])}}`
    const odd = `\uFEFF{"id":"a","values":[NaN, -Infinity, ${[...steps(40), ...doubled].map((v) => `"${v}"`).join(', ')}], "note":"NaN stays"}\r\n\r\n`
    const expected = [{ id: 'a', changes: [42] }]
    expect(await answersTo(builds, clean)).toEqual(expected)
    expect(await answersTo(builds, odd)).toEqual(expected)
    expect(await answersTo(builds, gzipSync(odd))).toEqual(expected)
  })

  it('has an answer for each case, whatever is missing', async () => {
    const lines = ['{"id":"a"}', '{"id":"b","values":null}', '{"id":"c","values":[1]}', '{"id":"d","values":[]}']
    expect(await answersTo(builds, lines.join('\n'))).toEqual(['a', 'b', 'c', 'd'].map((id) => ({ id, changes: [] })))
    const shifts = [{ case: 'a' }, { case: 'b', kind: 'saturation', baseline: steps(90), candidate: doubled }]
    const told = await answersTo(deployShift, shifts.map((c) => JSON.stringify({ ...c, inject: 'x' })).join('\n'))
    expect(told[0]).toEqual({ case: 'a', inject: 'x', alert_after: null })
    expect(told[1]!.alert_after).toBeLessThanOrEqual(6)
  })

  it('leaves out a line that is no JSON and answers the others', async () => {
    expect(await answersTo(builds, '{"id":"a"}\n{"id":\n[1]\n{"id":"b"}\n')).toMatchObject([
      { id: 'a' },
      {},
      { id: 'b' },
    ])
  })

  it('has cases without a name or a group judged each on its own', async () => {
    const of = (baseline: number[]) => JSON.stringify({ kind: 'latency', step_s: 60, baseline, candidate: doubled })
    const told = await answersTo(deployShift, [of(steps(90)), of(steps(90).map((v) => 2 * v))].join('\n'))
    expect(told.map((a) => a.alert_after === null)).toEqual([false, true])
  })
})

describe('rollouts written in odd ways', () => {
  const samples = (values: readonly number[], from: number) => values.map((v, i) => [from + 60 * i, v])
  const rollout = (signal: object, more: object = {}) =>
    JSON.stringify({ id: 'r', case: 'k', service: 's', t0: 6000, ...more, signals: [signal] })
  const signal = {
    name: 'latency',
    kind: 'latency',
    before: samples(steps(100), 0),
    control: [],
    current: samples(doubled, 6000),
  }

  it('get the same answer when samples are out of order, the list of controls is missing, or values are text', async () => {
    const clean = await answersTo(rollouts, rollout(signal))
    expect(clean).toMatchObject([{ id: 'r', verdict: 'regressed' }])
    const { control: _, ...rest } = signal
    const shuffled = { ...rest, before: [...signal.before].reverse(), current: [...signal.current].reverse() }
    const text = { ...signal, current: signal.current.map(([at, v]) => [at, String(v)]), before: signal.before }
    for (const odd of [rollout(shuffled), rollout(text), rollout({ ...signal, control: null }, { t0: undefined })])
      expect(await answersTo(rollouts, odd)).toEqual(clean)
  })

  it('get the same verdict beside a sample of another century', { timeout: 60_000 }, async () => {
    const stray = { ...signal, before: [[-1e15, 100], ...signal.before], current: [...signal.current, [1e15, 100]] }
    expect(await answersTo(rollouts, rollout(stray))).toMatchObject([{ id: 'r', verdict: 'regressed' }])
  })

  it('have an answer where there is nothing to judge', async () => {
    const empty = ['{"id":"a"}', '{"id":"b","signals":null}', '{"id":"c","signals":[null,{}]}']
    const told = await answersTo(rollouts, empty.join('\n'))
    expect(told.map((a) => a.id)).toEqual(['a', 'b', 'c'])
    for (const a of told) expect(a).toMatchObject({ verdict: 'insufficient_data', alert_at: null })
  })
})

describe('files written in odd ways', () => {
  it('series of values that are no numbers, and empty ones, have a row for each row', async () => {
    mkdirSync(path('nab/data/odd'), { recursive: true })
    writeFileSync(path('nab/data/README.md'), 'no folder')
    const time = (i: number) =>
      `2026-01-01 ${String(Math.floor(i / 12) % 24).padStart(2, '0')}:${String((i % 12) * 5).padStart(2, '0')}:00`
    const odd = ['NaN', '', 'inf', 'abc', '1e300', '-1e300', '1e308', '3']
    const rows = [...steps(300).map(String), ...odd].map((v, i) => `${time(i)},${v}`)
    writeFileSync(path('nab/data/odd/values.csv'), ['timestamp,value', ...rows].join('\n'))
    writeFileSync(path('nab/data/odd/none.csv'), 'timestamp,value\n')
    await run(nab, path('nab'), path('nab-out'))
    const [header, ...answers] = readFileSync(path('nab-out/odd/values.csv'), 'utf8').trimEnd().split('\n')
    expect(header).toBe('timestamp,anomaly_score')
    expect(answers.map((a) => a.split(',')[0])).toEqual(rows.map((r) => r.split(',')[0]))
    for (const a of answers) expect(Number(a.split(',')[1])).toBeGreaterThanOrEqual(0)
    expect(readFileSync(path('nab-out/odd/none.csv'), 'utf8')).toBe('timestamp,anomaly_score\n')
  })

  it('log files without lines, or without the column of contents, have a table of their lines', async () => {
    mkdirSync(path('logs'))
    const systems = {
      'Empty.log.gz': '',
      'Headed.structured.csv.gz': 'LineId,Content\n',
      'Marked.structured.csv.gz': '\uFEFFLineId,Content\r\n7,a\r\n',
      'Other.structured.csv.gz': 'LineId,Time\n9,b\n',
    }
    for (const [name, text] of Object.entries(systems)) writeFileSync(path(`logs/${name}`), gzipSync(text))
    await run(loghub, path('logs'), path('logs-out'))
    const idsOf = (system: string) =>
      readFileSync(path(`logs-out/${system}.csv`), 'utf8')
        .split('\n')
        .map((line) => line.split(',')[0])
    expect(idsOf('Empty')).toEqual(['LineId', ''])
    expect(idsOf('Headed')).toEqual(['LineId', ''])
    expect(idsOf('Marked')).toEqual(['LineId', '7', ''])
    expect(idsOf('Other')).toEqual(['LineId', '9', ''])
  })

  it('issues without metrics, and normal hours of a few rows, have a ranking each', async () => {
    const root = path('pets')
    for (const issue of ['train/issue_1', 'train/issue_2', 'test/issue_3'])
      mkdirSync(join(root, issue), { recursive: true })
    mkdirSync(join(root, 'noissue'))
    const target = JSON.stringify({ target: { node: 'shop', metric: 'latency' } })
    writeFileSync(join(root, 'graph.csv'), ',shop,store\nshop,0,1\nstore,0,0\n')
    for (const issue of ['train/issue_1', 'train/issue_2']) writeFileSync(join(root, issue, 'target.json'), target)
    const head =
      ',shop,shop,store,store\n,latency,requests,latency,requests\n,Average,Sum,Average,Sum\nunix_timestamp,,,,\n'
    const rows = Array.from({ length: 9 }, (_, i) => `${300 * i},0.1,100,NaN,`)
    writeFileSync(join(root, 'noissue/metrics.csv.gz'), gzipSync(head + rows.join('\n')))
    writeFileSync(join(root, 'train/issue_2/metrics.csv.gz'), gzipSync(''))
    await run(petshop, root, path('pets-out'))
    const lines = readFileSync(path('pets-out'), 'utf8').trimEnd().split('\n')
    const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(told).toEqual([
      { issue: 'train/issue_1', ranking: [] },
      { issue: 'train/issue_2', ranking: [] },
      ...['latency', 'availability'].flatMap((metric) => [4, 5].map((normal) => ({ normal, metric, ranking: [] }))),
    ])
  })

  it('cases without a time, and traces whose numbers are none, have a ranking each', async () => {
    const root = path('trains')
    mkdirSync(join(root, 'cases/a'), { recursive: true })
    mkdirSync(join(root, 'baseline/2023-01-29'), { recursive: true })
    writeFileSync(
      join(root, 'cases.json'),
      JSON.stringify([
        { case: 'a', app: 'tt' },
        { case: 'b', day: '2023-01-29' },
      ]),
    )
    writeFileSync(
      join(root, 'cases/a/traces.csv.gz'),
      gzipSync('SpanID,PodName,StartTimeUnixNano,Duration\n1,a-1-2,x,\n'),
    )
    writeFileSync(join(root, 'cases/a/logs.csv.gz'), gzipSync('pod\na-1-2\n'))
    writeFileSync(join(root, 'cases/a/metrics.csv.gz'), gzipSync(''))
    await run(nezha, root, path('trains-out'))
    const lines = readFileSync(path('trains-out'), 'utf8').trimEnd().split('\n')
    const told = lines.map((line) => JSON.parse(line) as { case: string; ranking: unknown[] })
    expect(told.map((a) => a.case)).toEqual(['a', 'b'])
    for (const a of told) expect(Array.isArray(a.ranking)).toBe(true)
  })
})
