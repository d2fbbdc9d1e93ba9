import type { ServiceFactory } from '../../shared/runtime/service.ts'

export const web: ServiceFactory = () => ({
  name: 'web',
  start: async () => {},
  stop: async () => {},
  notReady: () => null,
})
