import { existsSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { wordsOf } from './issues.ts'
import { readScripts, type Script } from './scripts.ts'
import { type Config, settings } from './settings.ts'

/** A setting that cannot be used; the message names it and says what it takes. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

function readFile(path: string): Record<string, unknown> {
  if (!existsSync(path)) return {}
  let parsed: unknown
  try {
    parsed = parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new ConfigError(`cannot read ${path}: ${(error as Error).message}`)
  }
  if (parsed === null || parsed === undefined) return {}
  if (typeof parsed !== 'object' || Array.isArray(parsed))
    throw new ConfigError(`cannot read ${path}: it must be a mapping of settings`)
  const known = new Set<string>([...Object.values(settings).map((s) => s.key), 'scripts'])
  for (const key of Object.keys(parsed)) {
    if (!known.has(key))
      throw new ConfigError(`cannot read ${path}: "${key}" is no setting; known are ${[...known].join(', ')}`)
  }
  return parsed as Record<string, unknown>
}

const asText = (value: unknown) => (Array.isArray(value) ? value.join(',') : String(value))

/**
 * Reads the settings: environment over `plumbline.yaml`, or the file that PLUMBLINE_CONFIG names, over defaults.
 * @throws ConfigError naming the setting, what was given and what it takes
 */
export function loadConfig(env: Record<string, string | undefined> = process.env, file = 'plumbline.yaml'): Config {
  const path = env.PLUMBLINE_CONFIG ?? file
  if (env.PLUMBLINE_CONFIG !== undefined && !existsSync(path))
    throw new ConfigError(`cannot read ${path}: there is no such file. Correct PLUMBLINE_CONFIG, or unset it`)
  const fromFile = readFile(path)
  const config: Record<string, unknown> = { scripts: scriptsOf(fromFile.scripts, path) }
  for (const [name, s] of Object.entries(settings)) {
    const inFile = fromFile[s.key]
    const raw = env[s.env] ?? (inFile === undefined || inFile === null ? s.default : asText(inFile))
    const result = s.schema.safeParse(raw)
    if (!result.success) {
      const issue = result.error.issues[0]
      const where = env[s.env] !== undefined ? s.env : `${s.key} in ${path}`
      throw new ConfigError(
        `cannot use ${where}="${raw}": ${issue ? wordsOf(issue) : 'it is not valid'}. ${s.description}`,
      )
    }
    config[name] = result.data
  }
  if ((config.tlsCert === '') !== (config.tlsKey === ''))
    throw new ConfigError(
      'cannot use PLUMBLINE_TLS_CERT without PLUMBLINE_TLS_KEY, or the other way round. Set both or none',
    )
  const { clickhouseUrl, clickhousePassword, stateUrl, statePassword } = config as Config
  return {
    ...(config as Config),
    clickhouseUrl: withPassword(settings.clickhouseUrl.env, clickhouseUrl, clickhousePassword),
    stateUrl: withPassword(settings.stateUrl.env, stateUrl, statePassword),
  }
}

/** The URL with the password that was set beside it, which wins over one that it holds. */
function withPassword(env: string, text: string, password: string): string {
  if (password === '') return text
  if (!URL.canParse(text))
    throw new ConfigError(`cannot use the password for ${env}: ${text === '' ? 'it is not set' : 'it is no URL'}`)
  const url = new URL(text)
  url.password = encodeURIComponent(password)
  return url.href
}

function scriptsOf(value: unknown, path: string): Script[] {
  try {
    return readScripts(value, path)
  } catch (error) {
    throw new ConfigError((error as Error).message)
  }
}

/** Variables of ours that are no settings of the server: the CLI's target and key, the browser for tests. */
const OTHER_VARIABLES = new Set([
  'PLUMBLINE_CONFIG',
  'PLUMBLINE_URL',
  'PLUMBLINE_API_KEY',
  'PLUMBLINE_CHROMIUM',
  'PLUMBLINE_FAILPOINT',
])

/**
 * Variables that look like settings and are none: most likely misspelt. Not an error, because Kubernetes sets
 * `PLUMBLINE_SERVICE_HOST`, `PLUMBLINE_PORT` and more of its own where a Service is called plumbline.
 */
export function unknownSettings(env: Record<string, string | undefined> = process.env): string[] {
  const known = new Set<string>(Object.values(settings).map((s) => s.env))
  const foreign = /^PLUMBLINE_(TEST_|SERVICE_|PORT(_|$))/
  const ours = Object.keys(env).filter((key) => key.startsWith('PLUMBLINE_'))
  return ours.filter((key) => !known.has(key) && !OTHER_VARIABLES.has(key) && !foreign.test(key))
}

/** True where only this machine can connect. A name that only begins like an address, `127.0.0.1.example`, is none of its own. */
export const isLoopback = (host: string) => host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
