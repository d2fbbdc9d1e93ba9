import { REDACTED_ATTRIBUTE } from '../../../shared/model/redaction.ts'
import { Attributes } from './attributes.ts'
import type { Block } from './block.ts'
import type { LowCard } from './columns.ts'
import { Intake } from './intake.ts'
import type { Limits } from './limits.ts'
import type { MapColumn } from './map.ts'
import { Place } from './place.ts'
import { Contexts, type ResourceRow, type ScopeRow } from './resource.ts'
import { REDACTED } from './roles.ts'
import { encodeText } from './utf8.ts'
import { Wire } from './wire.ts'

const NOTES = encodeText('plumbline.notes')
const REDACTED_KEY = encodeText(REDACTED_ATTRIBUTE)
const NOTHING = new Uint8Array(0)

/** What the readers of the three signals share. */
export class Core {
  readonly wire = new Wire()
  readonly intake: Intake
  readonly attributes: Attributes
  readonly contexts: Contexts
  readonly place = new Place()
  resource: ResourceRow | null = null
  scope: ScopeRow | null = null
  /** Grows whenever resource, scope, metric or request change. */
  context = 0

  constructor(limits: Limits, redacts: boolean) {
    this.intake = new Intake(limits, redacts)
    this.wire.onSkipped = (from, to) => this.intake.suspect(this.wire.buf, from, to)
    this.wire.onAgain = () => this.intake.again()
    this.attributes = new Attributes(this.wire, this.intake)
    this.contexts = new Contexts(this.wire, this.intake, this.attributes)
  }

  enter(resource: ResourceRow, scope: ScopeRow): void {
    this.resource = resource
    this.scope = scope
    this.context++
  }

  /** Tells a block from which row on the present context holds. */
  settle(block: Block): void {
    if (block.context === this.context) return
    block.context = this.context
    block.resources.begin(this.resource!, block.rows)
    block.scopes.begin(this.scope!, block.rows)
    block.received.begin(this.intake.receivedAtMs, block.rows)
  }

  /** The rules that masked something in the item, from the attributes just written: a body that held secrets is read again rewritten. */
  putRedacted(column: LowCard): void {
    const { attributes, intake, wire } = this
    if (!attributes.hasText(REDACTED)) column.put(NOTHING, 0, 0)
    else intake.putName(column, wire.buf, attributes.roleFrom[REDACTED]!, attributes.roleTo[REDACTED]!)
  }

  /** Marks in an item's own attributes what we altered in it, and why its time is odd. */
  notes(map: MapColumn, note: string): void {
    const { intake } = this
    const parts = note === '' ? [] : [note]
    if (intake.cuts > 0) parts.push(`cut:${intake.cuts}`)
    if (parts.length > 0) this.attributes.note(map, NOTES, parts.join(','))
    if (intake.masks !== 0) this.attributes.note(map, REDACTED_KEY, intake.maskedRules())
  }
}

/** Whether an id has its length and is not all zero. */
export const isId = (buf: Uint8Array, from: number, to: number, size: number): boolean => {
  if (to - from !== size) return false
  for (let i = from; i < to; i++) if (buf[i] !== 0) return true
  return false
}

/** The last time of DateTime64(9): later ones are stored as this one. */
export const MAX_TIME_HI = 0x7fffffff
