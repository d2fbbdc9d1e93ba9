import type { Compare } from '../answers.ts'
import { createClient } from '../client.ts'
import type { CliCommand } from '../command.ts'
import { type Output, outputOf, paint, percent, plain, print, table, withUnit, word } from '../output.ts'

const change = (value: number | null, unit: 'relative' | 'absolute'): string => {
  if (value === null) return '–'
  const sign = value > 0 ? '+' : value < 0 ? '−' : '±'
  const size = `${(Math.abs(value) * 100).toFixed(1)}`
  return `${sign}${size} ${unit === 'absolute' ? 'points' : '%'}`
}

/** Attribute values shown, of all requests and of the bad ones each. */
const MAX_VALUES = 8

/** What surely differs most, one value a line; nothing where nothing does. */
function valuesOf(c: Compare, names: [string, string]): string[] {
  const rows = (differences: NonNullable<Compare['attributes']>['all'], of: string) =>
    differences
      .slice(0, MAX_VALUES)
      .map((d) => [
        plain(`${d.key} = ${d.value}`, 50),
        of,
        ...[d.b, d.a].map(String),
        ...[percent(d.b_share), percent(d.a_share), change(d.difference, 'absolute')],
      ])
  const all = c.attributes ? [...rows(c.attributes.all, 'all'), ...rows(c.attributes.among_bad, 'bad')] : []
  if (all.length === 0) return []
  return [table(['attribute', 'requests', `n ${names[0]}`, `n ${names[1]}`, names[0], names[1], 'change'], all)]
}

/** A comparison for people: what was measured, the routes, attribute values. `a` is the deploy asked for, `b` what it is compared with. */
export function compareText(out: Output, c: Compare): string {
  const name = ({ deploy }: Compare['b']) =>
    deploy ? plain(deploy.version || deploy.commit.slice(0, 10), 24) : 'last week'
  const titled = (side: Compare['b']) =>
    side.verdict ? `${name(side)} (${word(out, side.verdict)})` : `${name(side)} (from ${side.from})`
  const value = (v: number | null, unit: string) => (v === null ? '–' : withUnit(v, unit))
  const signals = c.signals.map((s) => [
    s.signal.replaceAll('_', ' '),
    ...[value(s.b.value, s.unit), value(s.a.value, s.unit), change(s.change, s.change_unit), `${s.b.n} / ${s.a.n}`],
  ])
  const routes = c.routes
    .slice(0, 20)
    .map((r) => [
      plain(r.route, 50),
      ...[r.b, r.a].flatMap((f) =>
        f ? [String(f.requests), percent(f.error_ratio), value(f.latency_p99_ms, 'ms')] : ['–', '–', '–'],
      ),
    ])
  return [
    `${plain(c.a.deploy.service)}: ${titled(c.b)} → ${titled(c.a)}, first ${Math.round(c.window_s / 60)} minutes of each`,
    ...c.warnings.map((w) => paint(out, 'yellow', plain(w))),
    '',
    table(['signal', name(c.b), name(c.a), 'change', 'n'], signals),
    ...(routes.length === 0 ? [] : [table(['route', 'n', 'errors', 'p99', '→ n', 'errors', 'p99'], routes)]),
    ...valuesOf(c, [name(c.b), name(c.a)]),
  ].join('\n')
}

const command: CliCommand = {
  register(program) {
    program
      .command('compare')
      .description('two deploys side by side, aligned on the time since each began')
      .argument('<id>', 'the deploy')
      .argument('[with]', 'the one to compare it with; the one before when left out')
      .option('--last-week', 'with the same hours of last week instead of a deploy')
      .option('--json', 'print JSON')
      .action(async (id: string, other: string | undefined, o: { json?: boolean; lastWeek?: boolean }) => {
        const query = { with: other, ...(o.lastWeek && { baseline: 'last_week' }) }
        const compare = await createClient().get<Compare>(`/deploys/${encodeURIComponent(id)}/compare`, query)
        const out = outputOf(o)
        print(out, compare, () => compareText(out, compare))
      })
  },
}

export default command
