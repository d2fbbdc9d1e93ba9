import type { Config } from '../runtime/settings.ts'
import { openEmbedded } from './embedded.ts'
import { openServer } from './server.ts'
import type { Store } from './store.ts'

/** Opens the engine that the settings name: a server where a URL is set, else the embedded one. */
export const openStore = (config: Config): Promise<Store> =>
  config.clickhouseUrl
    ? openServer(config.clickhouseUrl, { cluster: config.clickhouseCluster })
    : openEmbedded(config.dataDir)
