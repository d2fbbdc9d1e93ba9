/** The pages as the rail and the palette list them. */
import type { IconName } from '../ui/Icon.tsx'

export type PageEntry = { to: string; title: string; icon: IconName; group: 'watch' | 'explore' | 'run' }

export const pages: PageEntry[] = [
  { to: '/', title: 'Services', icon: 'services', group: 'watch' },
  { to: '/deploys', title: 'Deploys', icon: 'plumb', group: 'watch' },
  { to: '/anomalies', title: 'Anomalies', icon: 'anomaly', group: 'watch' },
  { to: '/alerts', title: 'Alerts', icon: 'bell', group: 'watch' },
  { to: '/compare', title: 'Compare', icon: 'compare', group: 'explore' },
  { to: '/traces', title: 'Traces', icon: 'trace', group: 'explore' },
  { to: '/logs', title: 'Logs', icon: 'logs', group: 'explore' },
  { to: '/patterns', title: 'Patterns', icon: 'pattern', group: 'explore' },
  { to: '/metrics', title: 'Metrics', icon: 'metric', group: 'explore' },
  { to: '/setup', title: 'Send data', icon: 'setup', group: 'run' },
  { to: '/settings/channels', title: 'Channels', icon: 'channel', group: 'run' },
  { to: '/settings/integrations', title: 'Integrations', icon: 'plug', group: 'run' },
  { to: '/settings', title: 'Settings', icon: 'settings', group: 'run' },
  { to: '/system', title: 'System', icon: 'system', group: 'run' },
]
