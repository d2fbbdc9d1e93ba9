import { z } from 'zod'
import { maybeTime, time } from './common.ts'

export const integrations = z
  .object({
    /** The day in which senders were looked for. */
    from: time,
    to: time,
    /** Services that sent anything, those heard of last first, 500 at most. */
    senders: z.array(
      z.object({
        service: z.string(),
        environment: z.string(),
        /** The last minute with requests or calls, points, lines; null where there was none. */
        traces_at: maybeTime,
        metrics_at: maybeTime,
        logs_at: maybeTime,
        /** As the resources of those minutes say: `telemetry.sdk.*` and `telemetry.distro.*`, '' where they do not. */
        sdks: z.array(
          z.object({
            language: z.string(),
            name: z.string(),
            version: z.string(),
            distro: z.string(),
            distro_version: z.string(),
          }),
        ),
      }),
    ),
    /** Each way in which a deploy becomes known: how many of the `looked_at` newest it told of, and the last of them. */
    deploy_sources: z.array(
      z.object({
        source: z.enum(['telemetry', 'api', 'github', 'cdevents']),
        deploys: z.number().int(),
        looked_at: z.number().int(),
        last: z.object({ id: z.string(), service: z.string(), version: z.string(), started_at: time }).nullable(),
      }),
    ),
    /** No address stands here; `last_delivered_at` is null where none of the 500 newest messages that arrived was its own. */
    channels: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        kind: z.string(),
        enabled: z.boolean(),
        last_delivered_at: maybeTime,
      }),
    ),
  })
  .meta({ id: 'Integrations' })

export type Integrations = z.infer<typeof integrations>
