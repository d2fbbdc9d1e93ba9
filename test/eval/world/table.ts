import type { Result } from './tasks.ts'

/** Minutes within which an alert is asked for. */
const SOON = 10

const percent = (n: number, of: number): string => (of === 0 ? '' : `${Number(((100 * n) / of).toPrecision(3))} %`)

/** The results by kind, as a table in Markdown. */
export function tableOf(results: readonly Result[]): string {
  const groups = new Map<string, Result[]>()
  for (const r of results) {
    const name = `${r.set} ${r.name}`
    groups.set(name, [...(groups.get(name) ?? []), r])
  }
  const lines = [...groups.values()].map((g) => {
    const asked = g.filter((r) => r.found !== null)
    const found = asked.filter((r) => r.found)
    const minutes = found.flatMap((r) => (r.minutes === null ? [] : [r.minutes])).sort((a, b) => a - b)
    const innocents = g.reduce((n, r) => n + r.innocents, 0)
    const flagged = g.reduce((n, r) => n + r.flagged.length, 0)
    const timed = g[0]!.set === 'kind'
    const cells = [
      g[0]!.set === 'claim' ? `stated smallest ${g[0]!.name}` : g[0]!.name,
      g.length,
      percent(found.length, asked.length),
      timed ? percent(minutes.filter((m) => m <= SOON).length, asked.length) : '',
      timed ? (minutes[minutes.length >> 1] ?? '') : '',
      timed ? percent(found.filter((r) => r.rank === 1).length, found.length) : '',
      innocents === 0 ? '' : `${percent(flagged, innocents)} of ${innocents}`,
    ]
    return `| ${cells.join(' | ')} |`
  })
  const head =
    '| world | drawn | found | in 10 min | median min | guilty first | falsely flagged |\n|---|---:|---:|---:|---:|---:|---:|'
  return `${head}\n${lines.join('\n')}\n`
}
