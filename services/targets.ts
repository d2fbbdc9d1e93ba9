import type { ServiceFactory, TargetName } from '../shared/runtime/service.ts'
import { alerting } from './alerting/service.ts'
import { detector } from './detector/service.ts'
import { ingest } from './ingest/service.ts'
import { web } from './web/service.ts'

/** The only place that knows all four. Order is the order of starting: who reads starts before who writes. */
export const targets: Record<TargetName, ServiceFactory> = { web, alerting, detector, ingest }
