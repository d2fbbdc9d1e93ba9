import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { NodeSeries } from '../../../services/detector/attribution/excess.ts'
import { type CallGraph, callGraph } from '../../../services/detector/attribution/graph.ts'
import { rankByFlow } from '../../../services/detector/attribution/rank_flow.ts'
import { fieldsOf, numberOf, parseJson } from '../lib/cases.ts'
import { parseCsv } from '../lib/csv.ts'
import { readText } from '../lib/gzip.ts'
import type { EvalOptions } from '../main.ts'

type Metric = 'latency' | 'availability'
/** Per node and metric, `Average` (`Sum` for requests). */
type Metrics = {
  rows: number
  column: (node: string, metric: Metric | 'requests') => (number | null)[] | undefined
  nodes: string[]
}

/** Ranks the nodes behind the target for each issue window, and for windows of normal operation where nothing is wrong. */
export default async function run({ input, out, progress }: EvalOptions): Promise<void> {
  const answers: object[] = []
  for (const folder of scenarios(input)) {
    const graph = readGraph(join(folder, 'graph.csv'))
    const normal = readMetrics(join(folder, 'noissue', 'metrics.csv.gz'))
    const targets = new Set<string>()
    for (const part of ['train', 'test']) {
      for (const issue of existsSync(join(folder, part)) ? readdirSync(join(folder, part)).sort() : []) {
        const path = join(folder, part, issue)
        const target = targetOf(join(path, 'target.json'))
        if (!target) continue
        targets.add(target.node)
        const window = readMetrics(join(path, 'metrics.csv.gz'))
        answers.push({
          issue: `${part}/${issue}`,
          ranking: rank(graph, target.node, target.metric, [normal], [window]),
        })
      }
    }
    for (const target of targets) answers.push(...normalAnswers(graph, target, normal))
    progress(`${relative(input, folder) || '.'}: ${answers.length} answers`)
  }
  writeFileSync(out, `${answers.map((a) => JSON.stringify(a)).join('\n')}\n`)
}

/** What an issue was seen at; null where that is not told. */
function targetOf(path: string): { node: string; metric: Metric } | null {
  if (!existsSync(path)) return null
  const { node, metric } = fieldsOf(fieldsOf(parseJson(readFileSync(path, 'utf8'))).target)
  if (typeof node !== 'string') return null
  return { node, metric: metric === 'availability' ? metric : 'latency' }
}

function normalAnswers(graph: CallGraph, target: string, normal: Metrics): object[] {
  const answers: object[] = []
  const n = normal.rows
  for (const metric of ['latency', 'availability'] as const) {
    for (let k = Math.floor(n / 2); k < n - 3; k += Math.max(1, Math.floor(n / 10)))
      answers.push({ normal: k, metric, ranking: rank(graph, target, metric, [normal, 0, k], [normal, k, n]) })
  }
  return answers
}

type Part = [metrics: Metrics, from?: number, to?: number]

function rank(graph: CallGraph, target: string, metric: Metric, history: Part, window: Part): string[] {
  const measure = metric === 'latency' ? 'latency' : 'errors'
  const ranking = rankByFlow({
    graph,
    target,
    measure,
    history: seriesOf(metric, ...history),
    window: seriesOf(metric, ...window),
    unit: ' s',
  })
  return ranking.suspects.map((s) => s.node)
}

function seriesOf(metric: Metric, metrics: Metrics, from = 0, to = metrics.rows): Map<string, NodeSeries> {
  const all = new Map<string, NodeSeries>()
  for (const node of metrics.nodes) {
    const value = metrics.column(node, metric)?.slice(from, to)
    const requests = metrics.column(node, 'requests')?.slice(from, to)
    if (!value || !requests) continue
    all.set(node, {
      value: metric === 'latency' ? value : value.map((v) => (v === null ? null : 1 - v / 100)),
      requests,
    })
  }
  return all
}

/** Folders with a call graph. */
function scenarios(root: string): string[] {
  const found = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('graph.csv'))
  return found.map((f) => dirname(join(root, f))).sort()
}

function readGraph(path: string): CallGraph {
  const [header = [], ...rows] = parseCsv(readText(path))
  const callees = header.slice(1)
  return callGraph(
    rows.flatMap((row) => callees.filter((_, i) => Number(row[i + 1]) > 0).map((callee) => [row[0]!, callee] as const)),
  )
}

/** Three header rows: node, metric, statistic; then `unix_timestamp`, and a row per step. A file that is missing or empty has no rows. */
function readMetrics(path: string): Metrics {
  const [nodes = [], metrics = [], statistics = [], ...rest] = existsSync(path) ? parseCsv(readText(path)) : []
  const rows = rest.filter((row) => /^[0-9]/.test(row[0] ?? ''))
  const at = new Map(nodes.map((node, i) => [`${node}|${metrics[i]}|${statistics[i]}`, i]))
  return {
    rows: rows.length,
    nodes: [...new Set(nodes.slice(1))],
    column: (node, metric) => {
      const i = at.get(`${node}|${metric}|${metric === 'requests' ? 'Sum' : 'Average'}`)
      return i === undefined ? undefined : rows.map((row) => numberOf(row[i]))
    },
  }
}
