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

/** A comparison for people: what was measured, then the routes. `a` is the deploy asked for, `b` the other. */
export function compareText(out: Output, c: Compare): string {
  const name = (side: Compare['a']) => plain(side.deploy.version || side.deploy.commit.slice(0, 10), 24)
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
    `${plain(c.a.deploy.service)}: ${name(c.b)} (${word(out, c.b.verdict)}) → ${name(c.a)} (${word(out, c.a.verdict)}), first ${Math.round(c.window_s / 60)} minutes of each`,
    ...c.warnings.map((w) => paint(out, 'yellow', plain(w))),
    '',
    table(['signal', name(c.b), name(c.a), 'change', 'n'], signals),
    ...(routes.length === 0 ? [] : [table(['route', 'n', 'errors', 'p99', '→ n', 'errors', 'p99'], routes)]),
  ].join('\n')
}

const command: CliCommand = {
  register(program) {
    program
      .command('compare')
      .description('two deploys side by side, aligned on the time since each began')
      .argument('<id>', 'the deploy')
      .argument('[with]', 'the one to compare it with; the one before when left out')
      .option('--json', 'print JSON')
      .action(async (id: string, other: string | undefined, o: { json?: boolean }) => {
        const compare = await createClient().get<Compare>(`/deploys/${encodeURIComponent(id)}/compare`, { with: other })
        const out = outputOf(o)
        print(out, compare, () => compareText(out, compare))
      })
  },
}

export default command
