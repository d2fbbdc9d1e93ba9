import type { ServiceList } from '../answers.ts'
import { createClient } from '../client.ts'
import type { CliCommand } from '../command.ts'
import { ms, number, outputOf, percent, plain, print, table, when, word } from '../output.ts'

const command: CliCommand = {
  register(program) {
    program
      .command('services')
      .description('every service: health, figures of the last hour, current version; the worst first')
      .option('--environment <name>', 'in this environment')
      .option('--json', 'print JSON')
      .action(async (o: { environment?: string; json?: boolean }) => {
        const page = await createClient().get<ServiceList>('/services', { environment: o.environment })
        const out = outputOf(o)
        print(out, page, () =>
          page.items.length === 0
            ? 'no services yet: send OTLP to Plumbline (OTEL_EXPORTER_OTLP_ENDPOINT), or run `plumbline demo`\n'
            : table(
                [
                  'health',
                  'service',
                  'environment',
                  'req/min',
                  'errors',
                  'p50',
                  'p99',
                  'version',
                  'since',
                  'anomalies',
                ],
                page.items.map((s) => [
                  ...[
                    word(out, s.health),
                    plain(s.service, 40),
                    plain(s.environment, 20),
                    number(s.requests_per_minute),
                  ],
                  ...[percent(s.error_ratio), ms(s.latency_p50_ms), ms(s.latency_p99_ms)],
                  ...[plain(s.version || s.commit.slice(0, 10), 24), when(s.version_since), String(s.open_anomalies)],
                ]),
              ),
        )
      })
  },
}

export default command
