import type { ServiceFactory } from '../../shared/runtime/service.ts'

export const detector: ServiceFactory = () => ({
  name: 'detector',
  start: async () => {},
  stop: async () => {},
  notReady: () => null,
})
