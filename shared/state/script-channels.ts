import { createHash } from 'node:crypto'
import type { Script } from '../runtime/scripts.ts'
import { type ChannelContext, dropChannel, getChannel, listChannels, putScriptChannel } from './channels.ts'

const idOf = (name: string) => `chn_${createHash('sha256').update(`script:${name}`).digest('hex').slice(0, 18)}`

/**
 * Makes the `script` channels equal to those of the configuration file, the only place where they come from.
 * @throws ConflictError when another channel has the name
 */
export function syncScriptChannels(context: ChannelContext, scripts: readonly Script[]): Promise<void> {
  return context.state.transaction(async (tx) => {
    const kept = new Set(scripts.map((s) => idOf(s.name)))
    const { items } = await listChannels(tx, { limit: 1000 })
    for (const old of items) if (old.kind === 'script' && !kept.has(old.id)) await dropChannel(context, tx, old.id)
    for (const s of scripts) {
      const before = await getChannel(tx, idOf(s.name))
      if (before && JSON.stringify(before.filter) === JSON.stringify(s.filter)) continue
      await putScriptChannel(context, tx, { id: idOf(s.name), name: s.name, filter: s.filter, before })
    }
  })
}
