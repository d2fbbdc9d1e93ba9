import { z } from 'zod'
import { parse } from '../problem.ts'
import { type ForeignEvent, shortText, text } from './foreign.ts'
import { toldTime } from './schemas/common.ts'

const event = z.object({
  context: z.object({
    id: shortText,
    source: text.optional(),
    type: z.string().max(256),
    timestamp: toldTime,
  }),
  subject: z.object({
    id: shortText,
    source: text.optional(),
    content: z.object({
      environment: z.object({ id: shortText, source: text.optional() }).optional(),
      artifactId: text.optional(),
    }),
  }),
  customData: z.unknown().optional(),
})

const told = z.object({
  service: shortText.optional(),
  version: shortText.optional(),
  commit: shortText.optional(),
  base_commit: shortText.optional(),
})

/**
 * Reads CDEvents' `service.deployed`, `service.upgraded` and `service.rolledback`, as they are or as a CloudEvent's `data`.
 * Version and commit come from `customData`, else from the artifact's package URL.
 * @throws ProblemError 400 naming the field
 */
export function readCdEvent(body: Record<string, unknown>): ForeignEvent {
  const inner = body.specversion !== undefined && body.data !== undefined ? body.data : body
  const { context, subject, customData } = parse(event, inner, 'body')
  const what = /^dev\.cdevents\.service\.(deployed|upgraded|rolledback)\./.exec(context.type)?.[1]
  if (!what) return { ignored: `"${context.type}" tells of no deploy` }
  const custom = told.safeParse(customData)
  const extra = custom.success ? custom.data : {}
  const purl = versionOfPurl(subject.content.artifactId ?? '')
  return {
    deploy: {
      service: extra.service ?? serviceOf(subject.id),
      environment: subject.content.environment?.id ?? '',
      version: extra.version ?? purl.version,
      commit: extra.commit ?? purl.commit,
      base_commit: extra.base_commit,
      kind: what === 'rolledback' ? 'rollback' : 'deploy',
      started_at: context.timestamp,
      finished_at: context.timestamp,
      event_id: `${context.source ?? ''}#${context.id}`,
    },
  }
}

/** `service/name` and `/apis/…/name` are common subjects: the last part is the name. */
const serviceOf = (id: string) => id.split('/').filter(Boolean).at(-1) ?? id

/** `pkg:type/name@version?qualifiers`: a version of 7 to 40 hexadecimal digits is a commit as well. */
function versionOfPurl(purl: string): { version: string; commit: string } {
  const tag = /[?&]tag=([^&#]+)/.exec(purl)?.[1]
  const encoded = tag ?? /^pkg:[^?#]*@([^?#]+)/.exec(purl)?.[1] ?? ''
  const version = URL.canParse(`x:${encoded}`) ? decode(encoded) : ''
  return { version, commit: /^[0-9a-f]{7,40}$/.test(version) ? version : '' }
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
