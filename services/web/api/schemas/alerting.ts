import { z } from 'zod'
import { commit, maybeTime, page, text, time } from './common.ts'
import { signalName } from './verdicts.ts'

export const severity = z.enum(['critical', 'warning']).meta({ id: 'Severity' })

export const incident = z
  .object({
    id: z.string(),
    service: z.string(),
    services: z.array(z.string()),
    environment: z.string(),
    deploy_id: z.string().nullable(),
    version: z.string(),
    commit: z.string(),
    commits: z.array(commit),
    state: z.enum(['firing', 'resolved']),
    severity,
    title: z.string(),
    anomaly_ids: z.array(z.string()),
    started_at: time,
    resolved_at: maybeTime,
    acknowledged_at: maybeTime,
    acknowledged_by: z.string().nullable(),
    note: z.string().nullable(),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Incident' })

export const incidentList = page(incident).meta({ id: 'IncidentList' })

/** Who took it; without a name it is the key's, or `console`. */
export const ackInput = z.strictObject({ by: text(256).min(1).optional() }).meta({ id: 'AckInput' })
export const noteInput = z.strictObject({ note: text(8192).nullable() }).meta({ id: 'NoteInput' })

export const channelKind = z
  .enum(['webhook', 'slack', 'pagerduty', 'alertmanager', 'teams', 'email', 'github', 'script'])
  .meta({ id: 'ChannelKind' })

const filter = z.strictObject({
  services: z.array(text(256)).max(1000).exactOptional(),
  environments: z.array(text(256)).max(100).exactOptional(),
  severities: z.array(severity).max(2).exactOptional(),
})

export const channel = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: channelKind,
    url: z.string(),
    filter: filter.nullable(),
    enabled: z.boolean(),
    disabled_reason: z.string().nullable(),
    secret: z.object({ set: z.boolean(), last4: z.string().nullable() }),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Channel' })

/** `generated_secret`: the secret that was made for it, shown this once; null where one was given or none is used. */
export const channelCreated = channel.extend({ generated_secret: z.string().nullable() }).meta({ id: 'ChannelCreated' })

export const secretInput = z.strictObject({ secret: text(1000).min(1).optional() }).meta({ id: 'SecretInput' })

export const channelList = page(channel).meta({ id: 'ChannelList' })

export const channelInput = z
  .strictObject({
    name: text(128).min(1),
    /** `script` channels come from the configuration file only. */
    kind: channelKind.exclude(['script']),
    /** May be left out for `pagerduty`. */
    url: text(2048).min(1).optional(),
    secret: text(1000).min(1).optional(),
    filter: filter.nullable().optional(),
    enabled: z.boolean().optional(),
  })
  .meta({ id: 'ChannelInput' })

export const channelPatch = z
  .strictObject({
    name: text(128).min(1).exactOptional(),
    url: text(2048).min(1).exactOptional(),
    secret: text(1000).min(1).exactOptional(),
    filter: filter.nullable().exactOptional(),
    enabled: z.boolean().exactOptional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, 'must change something')
  .meta({ id: 'ChannelPatch' })

export const delivery = z
  .object({
    id: z.string(),
    webhook_id: z.string(),
    channel_id: z.string(),
    channel_name: z.string(),
    incident_id: z.string().nullable(),
    event: z.enum(['firing', 'resolved', 'test', 'deploy']),
    state: z.enum(['pending', 'delivered', 'dead', 'superseded']),
    attempts: z.number().int(),
    last_status: z.number().int().nullable(),
    last_error: z.string().nullable(),
    next_attempt_at: maybeTime,
    created_at: time,
    delivered_at: maybeTime,
  })
  .meta({ id: 'Delivery' })

export const deliveryList = page(delivery).meta({ id: 'DeliveryList' })

export const silence = z
  .object({
    id: z.string(),
    matchers: z.object({
      service: z.string().optional(),
      environment: z.string().optional(),
      signal: z.string().optional(),
      dimension: z.string().optional(),
      deploy_id: z.string().optional(),
    }),
    starts_at: time,
    ends_at: time,
    comment: z.string(),
    created_by: z.string(),
    created_at: time,
  })
  .meta({ id: 'Silence' })

export const silenceList = page(silence).meta({ id: 'SilenceList' })

export const silenceInput = z
  .strictObject({
    matchers: z
      .strictObject({
        service: text(256).min(1).exactOptional(),
        environment: text(256).exactOptional(),
        signal: signalName.exactOptional(),
        dimension: text(4096).min(1).exactOptional(),
        deploy_id: text(256).min(1).exactOptional(),
      })
      .refine((m) => Object.keys(m).length > 0, 'must name a service, environment, signal, dimension or deploy_id'),
    /** Now when not given. */
    starts_at: time.optional(),
    ends_at: time,
    comment: text(4096).default(''),
    created_by: text(256).optional(),
  })
  .meta({ id: 'SilenceInput' })

export type Incident = z.infer<typeof incident>
export type IncidentList = z.infer<typeof incidentList>
export type Channel = z.infer<typeof channel>
export type ChannelKind = z.infer<typeof channelKind>
export type ChannelCreated = z.infer<typeof channelCreated>
export type ChannelList = z.infer<typeof channelList>
export type ChannelInput = z.input<typeof channelInput>
export type ChannelPatch = z.input<typeof channelPatch>
export type Delivery = z.infer<typeof delivery>
export type DeliveryList = z.infer<typeof deliveryList>
export type Silence = z.infer<typeof silence>
export type SilenceList = z.infer<typeof silenceList>
export type SilenceInput = z.input<typeof silenceInput>
