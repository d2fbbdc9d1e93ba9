import { systemClock } from '../../../shared/runtime/clock.ts'
import { loadConfig } from '../../../shared/runtime/config.ts'
import { silentLog } from '../../../shared/runtime/log.ts'
import type { Placebo, Replay } from '../../../shared/state/replays.ts'
import { allTargets, up } from '../../up.ts'
import { type Client, createClient, UnreachableError } from '../client.ts'
import type { CliCommand } from '../command.ts'
import { timeOf } from '../duration.ts'
import { type Output, outputOf, plain, print, table, when, word } from '../output.ts'
import { anomalyTable } from './anomalies.ts'

type Options = { from: string; to: string; placebo?: boolean; sensitivity?: string; json?: boolean }

const POLL_MS = 500

/** The running Plumbline; where none runs at the usual address, one in this process that is stopped afterwards. */
async function withPlumbline<T>(out: Output, work: (client: Client) => Promise<T>): Promise<T> {
  const client = createClient()
  try {
    await client.get('/status')
  } catch (error) {
    if (!(error instanceof UnreachableError) || process.env.PLUMBLINE_URL) throw error
    return withOwn(out, work)
  }
  return work(client)
}

async function withOwn<T>(out: Output, work: (client: Client) => Promise<T>): Promise<T> {
  out.note('nothing runs at 127.0.0.1:8080: working on the data folder in this process\n')
  const config = { ...loadConfig(), host: '127.0.0.1', otlpHttpPort: 0, otlpGrpcPort: 0, webPort: 0 }
  const running = await up(config, allTargets, { log: silentLog() })
  try {
    return await work(createClient({ PLUMBLINE_URL: running.urls.web }))
  } finally {
    await running.stop()
  }
}

async function follow(client: Client, out: Output, queued: Replay): Promise<Replay> {
  let replay = queued
  let said = -1
  while (replay.status === 'queued' || replay.status === 'running') {
    const percent = Math.floor(replay.progress * 100)
    if (percent !== said && !out.json) out.note(`${replay.status} ${percent} %\n`)
    said = percent
    await systemClock.sleep(POLL_MS)
    replay = await client.get<Replay>(`/replays/${replay.id}`)
  }
  return replay
}

/**
 * What a replay was asked and what it found, without what is of this run alone (id, times, progress): the same telemetry, deploys and span
 * print the same bytes.
 */
export const replayFound = ({ status, from, to, settings, verdicts, anomalies, placebo }: Replay) => ({
  ...{ status, from, to, settings, verdicts, anomalies },
  ...(placebo && { placebo }),
})

function placeboText({ by_sensitivity, without_deploy: w }: Placebo): string[] {
  const rate = (n: number | null) => (n === null ? '' : `, ${n.toFixed(2)} per service and week`)
  return [
    ...by_sensitivity.map(
      (s) =>
        `placebo, ${s.sensitivity}: ${s.regressed} of ${s.judged} moments without a deploy would have been blamed${rate(s.per_service_and_week)} if every service deployed without pause`,
    ),
    `without a deploy: ${w.anomalies} harmful anomalies in ${w.services} services${rate(w.per_service_and_week)}`,
  ]
}

/** What a replay found, for people. */
export function replayText(out: Output, r: Replay): string {
  const verdicts = r.verdicts.map((v) => [
    ...[word(out, v.verdict), plain(v.service, 40), plain(v.environment, 20), plain(v.version, 24)],
    ...[v.commit.slice(0, 10), when(v.decided_at), plain(v.reason, 140)],
  ])
  return [
    `${when(r.from)} to ${when(r.to)}: ${r.verdicts.length} deploys judged, ${r.anomalies.length} anomalies`,
    ...(r.placebo ? placeboText(r.placebo) : []),
    ...(verdicts.length > 0
      ? ['', table(['verdict', 'service', 'environment', 'version', 'commit', 'decided', 'why'], verdicts)]
      : []),
    ...(r.anomalies.length > 0 ? [anomalyTable(out, r.anomalies)] : []),
  ].join('\n')
}

const command: CliCommand = {
  register(program) {
    program
      .command('replay')
      .description('run the detector over stored telemetry in event time; changes nothing')
      .requiredOption('--from <time>', 'begin: a time, or 2h for two hours ago')
      .option('--to <time>', 'end', 'now')
      .option('--sensitivity <level>', 'low, normal or high')
      .option('--placebo', 'judge moments without a deploy, to count false alarms')
      .option('--json', 'print JSON')
      .action(async (o: Options) => {
        const out = outputOf(o)
        const nowMs = systemClock.nowMs()
        const replay = await withPlumbline(out, async (client) =>
          follow(
            client,
            out,
            await client.send<Replay>('POST', '/replays', {
              ...{ from: timeOf(o.from, nowMs), to: timeOf(o.to, nowMs) },
              ...(o.placebo && { placebo: true }),
              ...(o.sensitivity && { settings: { sensitivity: o.sensitivity } }),
            }),
          ),
        )
        if (replay.status === 'failed') throw new Error(`cannot replay: ${replay.error ?? 'it failed, see the log'}`)
        print(out, replayFound(replay), () => replayText(out, replay))
      })
  },
}

export default command
