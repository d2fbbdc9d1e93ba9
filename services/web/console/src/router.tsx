import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  retainSearchParams,
} from '@tanstack/react-router'
import type { Search } from './lib/range.ts'
import { globalNames, parseSearch, stringifySearch } from './lib/search.ts'
import { Services } from './pages/services/Services.tsx'
import { Crash, NotFound } from './shell/Lost.tsx'
import { Shell } from './shell/Shell.tsx'

const root = createRootRoute({
  component: Shell,
  notFoundComponent: NotFound,
  errorComponent: Crash,
  validateSearch: (search: Record<string, unknown>): Search =>
    Object.fromEntries(
      Object.entries(search).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
    ),
  search: { middlewares: [retainSearchParams(globalNames as never)] },
})

const page = <P extends string>(path: P, load: () => Promise<{ default: React.ComponentType }>) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load) })

const services = createRoute({ getParentRoute: () => root, path: '/', component: Services })

const tree = root.addChildren([
  services,
  page('/setup', () => import('./pages/setup/Setup.tsx')),
  page('/s/$service', () => import('./pages/service/Service.tsx')),
  page('/deploys', () => import('./pages/deploys/Deploys.tsx')),
  page('/deploys/$id', () => import('./pages/deploy/Deploy.tsx')),
  page('/compare', () => import('./pages/compare/Compare.tsx')),
  page('/anomalies', () => import('./pages/anomalies/Anomalies.tsx')),
  page('/anomalies/$id', () => import('./pages/anomaly/Anomaly.tsx')),
  page('/alerts', () => import('./pages/alerts/Alerts.tsx')),
  page('/incidents/$id', () => import('./pages/alerts/Incident.tsx')),
  page('/traces', () => import('./pages/traces/Traces.tsx')),
  page('/traces/$id', () => import('./pages/trace/Trace.tsx')),
  page('/logs', () => import('./pages/logs/Logs.tsx')),
  page('/patterns', () => import('./pages/patterns/Patterns.tsx')),
  page('/metrics', () => import('./pages/metrics/Metrics.tsx')),
  page('/system', () => import('./pages/system/System.tsx')),
  page('/settings', () => import('./pages/settings/Settings.tsx')),
  page('/settings/integrations', () => import('./pages/integrations/Integrations.tsx')),
  page('/settings/channels', () => import('./pages/channels/Channels.tsx')),
])

export const router = createRouter({
  routeTree: tree,
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
