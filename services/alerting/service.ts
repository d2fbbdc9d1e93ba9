import type { ServiceFactory } from '../../shared/runtime/service.ts'

export const alerting: ServiceFactory = () => ({
  name: 'alerting',
  start: async () => {},
  stop: async () => {},
  notReady: () => null,
})
