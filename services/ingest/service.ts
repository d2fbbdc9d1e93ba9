import type { ServiceFactory } from '../../shared/runtime/service.ts'

export const ingest: ServiceFactory = () => ({
  name: 'ingest',
  start: async () => {},
  stop: async () => {},
  notReady: () => null,
})
