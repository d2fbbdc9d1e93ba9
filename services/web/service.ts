import { join } from 'node:path'
import { isLoopback } from '../../shared/runtime/config.ts'
import { type Listening, listen } from '../../shared/runtime/http.ts'
import { packageRoot } from '../../shared/runtime/package.ts'
import type { ServiceFactory } from '../../shared/runtime/service.ts'
import { hasKeys } from '../../shared/state/keys.ts'
import { createApp } from './app.ts'
import { routes } from './routes.ts'

/** The API, and the console's pages. */
export const web: ServiceFactory = (context) => {
  let listening: Listening | undefined
  const { config, state } = context
  return {
    name: 'web',
    start: async () => {
      if (!isLoopback(config.host) && !(await hasKeys(state)))
        throw new Error(
          `cannot listen on ${config.host} without a key: anybody there could read and change everything. Make one with \`plumbline key create --name me --scope admin\`, or set PLUMBLINE_HOST=127.0.0.1`,
        )
      const tls = config.tlsCert === '' ? undefined : { cert: config.tlsCert, key: config.tlsKey }
      const app = createApp(context, routes, join(packageRoot, 'dist/console'))
      listening = await listen(app, { host: config.host, port: config.webPort, name: 'web', tls })
      context.urls.web = listening.url
    },
    stop: async () => {
      await listening?.close()
      listening = undefined
    },
    notReady: () => (listening ? null : 'the web target does not listen yet'),
  }
}
