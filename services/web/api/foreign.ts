import type { DeployEventInput } from '../../../shared/state/deploys.ts'
import { text as limited } from './schemas/common.ts'

/** What an event of another system tells: a deploy, or why it tells of none. */
export type ForeignEvent = { deploy: DeployEventInput } | { ignored: string }

export const text = limited(4096)
export const shortText = limited(256).min(1)

/** Only addresses that a browser may follow. */
export const webUrl = (value: string | null | undefined): string | undefined =>
  value && /^https?:\/\//.test(value) && URL.canParse(value) ? value : undefined
