/** The documents that the API answers: the types of the schemas it validates with. Types only: no zod in the bundle. */
import type { DeployItem, Series, ServiceDetail, ServiceItem, VerdictWord } from '../../../api/schemas.ts'

export type {
  Anomaly,
  AnomalyDetail,
  ApiKey,
  ApiKeyCreated,
  Cardinality,
  Channel,
  ChannelInput,
  ChannelKind,
  Checked,
  Compare,
  Delivery,
  Deploy,
  DeployItem,
  Finding,
  Health,
  Incident,
  Integrations,
  LogLine,
  LogPattern,
  PatternValues,
  RedactionPreview,
  RunningSettings,
  Scope,
  Series,
  SeriesSignal,
  ServiceDetail,
  ServiceItem,
  Session,
  SignalName,
  Silence,
  SilenceInput,
  Span,
  SpanBaseline,
  Status,
  Suspect,
  System,
  Trace,
  TraceBaseline,
  TraceItem,
  Verdict,
  VerdictWord,
} from '../../../api/schemas.ts'

export type Page<T> = { items: T[]; next: string | null }
export type Commit = DeployItem['commits'][number]
export type DeployMark = { id: string; started_at: string; version: string; verdict: VerdictWord | null }
export type SeriesDeploy = Series['deploys'][number]
export type Sparkline = ServiceItem['sparkline']
export type VersionRow = ServiceDetail['versions'][number]
export type RouteRow = ServiceDetail['routes'][number]
