import { join } from 'node:path'
import type { ApiKey, Scope } from '../../../shared/model/alert.ts'
import { systemClock } from '../../../shared/runtime/clock.ts'
import { loadConfig } from '../../../shared/runtime/config.ts'
import { packageRoot } from '../../../shared/runtime/package.ts'
import { createKey, listKeys, revokeKey, SCOPES } from '../../../shared/state/keys.ts'
import { migrateState } from '../../../shared/state/migrate.ts'
import { openState } from '../../../shared/state/open.ts'
import type { State } from '../../../shared/state/state.ts'
import { readMigrations } from '../../../shared/store/migrate.ts'
import type { Page } from '../answers.ts'
import { createClient } from '../client.ts'
import type { CliCommand } from '../command.ts'
import { outputOf, paint, plain, print, table, when } from '../output.ts'

type ApiKeyCreated = ApiKey & { key: string }
type ApiKeyList = Page<ApiKey>

type Keys = {
  create(input: { name: string; scopes: Scope[] }): Promise<ApiKeyCreated>
  list(): Promise<ApiKeyList>
  revoke(id: string): Promise<ApiKey>
}

/** Over the API where PLUMBLINE_URL is set; else in the state itself, so that the first key needs no running Plumbline. */
async function withKeys<T>(work: (keys: Keys) => Promise<T>): Promise<T> {
  if (process.env.PLUMBLINE_URL) {
    const client = createClient()
    return work({
      create: (input) => client.send('POST', '/keys', input),
      list: () => client.get('/keys', { limit: 1000 }),
      revoke: (id) => client.send('DELETE', `/keys/${encodeURIComponent(id)}`),
    })
  }
  const state = await openState(loadConfig())
  try {
    await migrateState(state, readMigrations(join(packageRoot, 'migrations/state')))
    return await work(local(state))
  } finally {
    await state.close()
  }
}

const local = (state: State): Keys => {
  const context = { state, clock: systemClock }
  return {
    create: async (input) => {
      const { key, plaintext } = await createKey(context, input)
      return { ...key, key: plaintext }
    },
    list: () => listKeys(state, { limit: 1000 }),
    revoke: async (id) => {
      const revoked = await revokeKey(context, id)
      if (!revoked) throw new Error(`cannot find key "${plain(id)}". See \`plumbline key list\``)
      return revoked
    },
  }
}

const command: CliCommand = {
  register(program) {
    const key = program.command('key').description('API keys: in the state of this machine, or at PLUMBLINE_URL')
    key
      .command('create')
      .description('make a key; it is shown this once')
      .requiredOption('--name <name>', 'whom or what it is for')
      .requiredOption('--scope <scope...>', `what it may do: ${SCOPES.join(', ')}`)
      .option('--json', 'print JSON')
      .action(async (o: { name: string; scope: string[]; json?: boolean }) => {
        const scopes = o.scope.flatMap((s) => s.split(',')) as Scope[]
        const created = await withKeys((keys) => keys.create({ name: o.name, scopes }))
        const out = outputOf(o)
        print(
          out,
          created,
          () => `${paint(out, 'bold', created.key)}\nshown this once; ${created.id} may ${created.scopes.join(', ')}\n`,
        )
      })
    key
      .command('list')
      .description('all keys, revoked ones too')
      .option('--json', 'print JSON')
      .action(async (o: { json?: boolean }) => {
        const page = await withKeys((keys) => keys.list())
        print(outputOf(o), page, () =>
          table(
            ['name', 'begins', 'scopes', 'made', 'used', 'revoked', 'id'],
            page.items.map((k) => [
              plain(k.name, 40),
              `${k.prefix}…`,
              k.scopes.join(','),
              when(k.created_at),
              when(k.last_used_at),
              when(k.revoked_at),
              k.id,
            ]),
          ),
        )
      })
    key
      .command('revoke')
      .description('revoke a key at once')
      .argument('<id>')
      .option('--json', 'print JSON')
      .action(async (id: string, o: { json?: boolean }) => {
        const revoked = await withKeys((keys) => keys.revoke(id))
        print(outputOf(o), revoked, () => `revoked ${plain(revoked.name)}\n`)
      })
  },
}

export default command
