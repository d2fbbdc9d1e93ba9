import { hex } from '../support/console-world.ts'

/** Every page of the console, with a text that is on it when it has loaded. */
export type ConsolePage = { name: string; path: string; shows: string; empty?: boolean }

export const consolePages: ConsolePage[] = [
  { name: 'setup', path: '/setup', shows: 'Point OpenTelemetry here' },
  { name: 'setup-empty', path: '/setup', shows: 'waiting for the first', empty: true },
  { name: 'services', path: '/', shows: 'differ from baseline' },
  { name: 'services-empty', path: '/', shows: 'Waiting for the first telemetry', empty: true },
  { name: 'service', path: '/s/checkout?env=production', shows: 'POST /checkout/{id}/coupon' },
  { name: 'service-versions', path: '/s/checkout?env=production&tab=versions', shows: 'Of the traffic' },
  { name: 'deploys', path: '/deploys?range=24h', shows: 'By service' },
  { name: 'deploy', path: '/deploys/dep_checkout_2140', shows: 'Over-represented' },
  { name: 'deploy-thin', path: '/deploys/dep_recommender_031', shows: 'Too little data' },
  { name: 'deploy-canary', path: '/deploys/dep_cart_881', shows: 'is answered by 8.8.1' },
  { name: 'anomalies', path: '/anomalies', shows: 'No deploy nearby' },
  { name: 'anomaly', path: '/anomalies/ano_checkout_1', shows: 'Tied to' },
  { name: 'alerts', path: '/alerts', shows: 'Acknowledge' },
  { name: 'alerts-deliveries', path: '/alerts?tab=deliveries', shows: 'Gave up' },
  { name: 'alerts-silences', path: '/alerts?silence=latency', shows: 'New silence' },
  { name: 'alerts-rules', path: '/alerts?tab=rules', shows: 'What holds it back' },
  { name: 'incident', path: '/incidents/inc_1', shows: 'Who was told' },
  { name: 'channels', path: '/settings/channels', shows: 'Send test' },
  { name: 'integrations', path: '/settings/integrations', shows: 'GitHub webhook' },
  { name: 'compare', path: '/compare?a=dep_checkout_2140&b=dep_checkout_2139', shows: 'aligned on the deploy' },
  { name: 'compare-week', path: '/compare?a=dep_checkout_2140&baseline=last_week', shows: 'aligned on the hour' },
  { name: 'compare-none', path: '/compare?a=dep_cart_881&baseline=last_week', shows: 'Nothing of last week' },
  { name: 'traces', path: '/traces?service=checkout', shows: 'requests' },
  { name: 'trace', path: `/traces/${hex('bad1', 32)}?span=${hex('span6', 16)}`, shows: 'apply coupons' },
  { name: 'logs', path: '/logs?service=checkout', shows: 'The newest' },
  { name: 'patterns', path: '/patterns?service=checkout', shows: 'A line of it' },
  {
    name: 'pattern-values',
    path: '/patterns?service=checkout&values=pat_1',
    shows: 'since 2.14.0',
  },
  { name: 'metrics', path: '/metrics?service=checkout', shows: 'process.memory.usage' },
  { name: 'system', path: '/system', shows: 'checkout.total' },
  { name: 'settings', path: '/settings', shows: 'a JSON Web Token' },
]
