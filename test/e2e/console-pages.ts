/** Every page of the console, with a text that is on it when it has loaded. */
export type ConsolePage = { name: string; path: string; shows: string; empty?: boolean }

export const consolePages: ConsolePage[] = [
  { name: 'setup', path: '/setup', shows: 'Point OpenTelemetry here' },
  { name: 'setup-empty', path: '/setup', shows: 'waiting for the first', empty: true },
  { name: 'services', path: '/', shows: 'differ from baseline' },
  { name: 'services-empty', path: '/', shows: 'Waiting for the first telemetry', empty: true },
  { name: 'service', path: '/s/checkout?env=production', shows: 'POST /checkout/{id}/coupon' },
  { name: 'deploys', path: '/deploys?range=24h', shows: 'By service' },
  { name: 'deploy', path: '/deploys/dep_checkout_2140', shows: 'Over-represented' },
  { name: 'deploy-thin', path: '/deploys/dep_recommender_031', shows: 'Too little data' },
  { name: 'anomalies', path: '/anomalies', shows: 'No deploy nearby' },
  { name: 'anomaly', path: '/anomalies/ano_checkout_1', shows: 'Tied to' },
]
