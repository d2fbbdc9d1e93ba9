import { anomalyRoutes } from './api/anomalies.ts'
import { channelRoutes } from './api/channels.ts'
import { compareRoutes } from './api/compare.ts'
import { deliveryRoutes } from './api/deliveries.ts'
import { deployEventRoutes } from './api/deploy-events.ts'
import { deployRoutes } from './api/deploys.ts'
import { gateRoutes } from './api/gate.ts'
import { incidentRoutes } from './api/incidents.ts'
import { integrationRoutes } from './api/integrations.ts'
import { keyRoutes } from './api/keys.ts'
import { logRoutes } from './api/logs.ts'
import { patternRoutes } from './api/patterns.ts'
import { redactionRoutes } from './api/redaction.ts'
import { replayRoutes } from './api/replays.ts'
import { runningRoutes } from './api/running.ts'
import { seriesRoutes } from './api/series.ts'
import { serviceRoutes } from './api/service.ts'
import { servicesRoutes } from './api/services.ts'
import { sessionRoutes } from './api/session.ts'
import { silenceRoutes } from './api/silences.ts'
import { statusRoutes } from './api/status.ts'
import { traceBaselineRoutes } from './api/trace-baseline.ts'
import { traceRoutes } from './api/traces.ts'
import { openApiRoute } from './openapi.ts'
import type { Route } from './route.ts'

const calls: Route[] = [
  ...statusRoutes,
  ...runningRoutes,
  ...redactionRoutes,
  ...integrationRoutes,
  ...servicesRoutes,
  ...serviceRoutes,
  ...seriesRoutes,
  ...patternRoutes,
  ...logRoutes,
  ...traceRoutes,
  ...traceBaselineRoutes,
  ...deployEventRoutes,
  ...deployRoutes,
  ...compareRoutes,
  ...gateRoutes,
  ...anomalyRoutes,
  ...incidentRoutes,
  ...channelRoutes,
  ...silenceRoutes,
  ...deliveryRoutes,
  ...keyRoutes,
  ...sessionRoutes,
  ...replayRoutes,
]

/** The one table: every call with who may make it, what it takes, what it answers, and what it does. */
export const routes: Route[] = [...calls, openApiRoute(calls)]
