import { readdirSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { ChannelPlugin } from './channel.ts'

const folder = join(dirname(fileURLToPath(import.meta.url)), 'channels')

/** The channels, found by reading their folder: one file, one kind, a default export named as the file. */
export async function readChannels(): Promise<Map<string, ChannelPlugin>> {
  const files = readdirSync(folder).filter((file) => ['.ts', '.js'].includes(extname(file)) && !file.endsWith('.d.ts'))
  const plugins = await Promise.all(
    files.sort().map(async (file) => (await import(pathToFileURL(join(folder, file)).href)).default as ChannelPlugin),
  )
  return new Map(plugins.map((plugin) => [plugin.kind, plugin]))
}
