import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { up } from '../../services/up.ts'
import { ConfigError, isLoopback, loadConfig, unknownSettings } from '../../shared/runtime/config.ts'

const dir = mkdtempSync(join(tmpdir(), 'plumbline-config-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const fileOf = (text: string) => {
  const file = join(dir, 'plumbline.yaml')
  writeFileSync(file, text)
  return file
}

describe('loadConfig', () => {
  it('has the defaults of the contract', () => {
    expect(loadConfig({}, 'absent.yaml')).toMatchObject({
      dataDir: './data',
      otlpHttpPort: 4318,
      otlpGrpcPort: 4317,
      webPort: 8080,
      host: '127.0.0.1',
      clickhouseUrl: '',
      allowPrivateTargets: [],
    })
  })

  it('takes a setting from the file, and from the environment before the file', () => {
    const file = fileOf('web_port: 9001\ndata_dir: /srv/plumbline\nallow_private_targets: [10.0.0.0/8, 127.0.0.0/8]\n')
    const config = loadConfig({ PLUMBLINE_WEB_PORT: '9002' }, file)
    expect(config).toMatchObject({
      webPort: 9002,
      dataDir: '/srv/plumbline',
      allowPrivateTargets: ['10.0.0.0/8', '127.0.0.0/8'],
    })
  })

  it.each([
    ['PLUMBLINE_WEB_PORT', '70000'],
    ['PLUMBLINE_WEB_PORT', 'http'],
    ['PLUMBLINE_CLICKHOUSE_URL', 'clickhouse:8123'],
    ['PLUMBLINE_STATE_URL', 'mysql://x'],
    ['PLUMBLINE_DURABILITY', 'maybe'],
    ['PLUMBLINE_DATA_DIR', ''],
    ['PLUMBLINE_CLICKHOUSE_CLUSTER', 'a; DROP TABLE x'],
  ])('refuses %s=%s and names it', (env, value) => {
    expect(() => loadConfig({ [env]: value }, 'absent.yaml')).toThrow(ConfigError)
    expect(() => loadConfig({ [env]: value }, 'absent.yaml')).toThrow(env)
  })

  it.each([
    ['PLUMBLINE_WEB_PORT', '', 'must be a number'],
    ['PLUMBLINE_KEY_MIB_PER_SECOND', ' ', 'must be a number'],
    ['PLUMBLINE_WEB_PORT', 'http', 'must be a number'],
    ['PLUMBLINE_WEB_PORT', '80.5', 'must be a whole number'],
    ['PLUMBLINE_WEB_PORT', '-1', 'must be at least 0'],
    ['PLUMBLINE_RETENTION_DAYS', '1e9', 'must be at most 3650'],
    ['PLUMBLINE_DURABILITY', 'maybe', 'must be one of fsync, os'],
    ['PLUMBLINE_DATA_DIR', '', 'must not be empty'],
    ['PLUMBLINE_CORS_ORIGINS', 'https://a.example, shop.example', 'must be origins such as https://shop.example'],
    ['PLUMBLINE_CORS_ORIGINS', 'https://a.example/', 'must be origins such as https://shop.example, without a path'],
  ])('says what %s takes instead of "%s"', (env, value, words) =>
    expect(() => loadConfig({ [env]: value }, 'absent.yaml')).toThrow(`cannot use ${env}="${value}": ${words}`),
  )

  it('puts a password beside a URL into it, whatever characters it has', () => {
    const password = 'p@ss/w%41:rd#? ü'
    const config = loadConfig(
      {
        PLUMBLINE_CLICKHOUSE_URL: 'http://plumb:old@clickhouse:8123/plumbline',
        PLUMBLINE_CLICKHOUSE_PASSWORD: password,
        PLUMBLINE_STATE_URL: 'postgres://plumb@postgres:5432/plumbline?sslmode=disable',
        PLUMBLINE_STATE_PASSWORD: password,
      },
      'absent.yaml',
    )
    for (const text of [config.clickhouseUrl, config.stateUrl]) {
      const url = new URL(text)
      expect([url.username, decodeURIComponent(url.password)]).toEqual(['plumb', password])
    }
    expect(config.stateUrl).toMatch(/@postgres:5432\/plumbline\?sslmode=disable$/)
    expect(() => loadConfig({ PLUMBLINE_STATE_PASSWORD: 'x' }, 'absent.yaml')).toThrow(
      'cannot use the password for PLUMBLINE_STATE_URL: it is not set',
    )
  })

  it('takes origins with any scheme, port and wildcard', () => {
    const origins = ['https://*.example.com', 'http://localhost:3000', 'capacitor://localhost', '*']
    expect(loadConfig({ PLUMBLINE_CORS_ORIGINS: origins.join(', ') }, 'absent.yaml').corsOrigins).toEqual(origins)
  })

  it('refuses a file with a setting that there is not, and names it', () => {
    expect(() => loadConfig({}, fileOf('web_prot: 1\n'))).toThrow('"web_prot" is no setting')
  })

  it('refuses a file that is no mapping, or no YAML', () => {
    expect(() => loadConfig({}, fileOf('- a\n- b\n'))).toThrow('must be a mapping')
    expect(() => loadConfig({}, fileOf('a: [1\n'))).toThrow('cannot read')
  })

  it('reads the file that PLUMBLINE_CONFIG names, names it in what it refuses, and does not start without it', () => {
    const named = (text: string) => ({ PLUMBLINE_CONFIG: fileOf(text) })
    expect(loadConfig(named('web_port: 9001\n'), 'absent.yaml').webPort).toBe(9001)
    expect(() => loadConfig(named('web_port: x\n'), 'absent.yaml')).toThrow(
      `web_port in ${join(dir, 'plumbline.yaml')}`,
    )
    const gone = join(dir, 'gone.yaml')
    expect(() => loadConfig({ PLUMBLINE_CONFIG: gone })).toThrow(`cannot read ${gone}: there is no such file`)
  })

  it.each(['PLUMBLINE_TLS_CERT', 'PLUMBLINE_TLS_KEY'])('refuses %s alone: it would listen without TLS', (env) => {
    expect(() => loadConfig({ [env]: '/etc/tls.pem' }, 'absent.yaml')).toThrow('Set both or none')
  })

  it('takes an empty file for no settings', () => {
    expect(loadConfig({}, fileOf('')).webPort).toBe(8080)
  })
})

describe('unknownSettings', () => {
  it('names what looks like a setting and is none', () => {
    expect(unknownSettings({ PLUMBLINE_WEBPORT: '1', PLUMBLINE_WEB_PORT: '1', PATH: 'x' })).toEqual([
      'PLUMBLINE_WEBPORT',
    ])
  })

  it('is silent about what Kubernetes and the command line set', () => {
    const env = {
      PLUMBLINE_SERVICE_HOST: 'x',
      PLUMBLINE_PORT: 'x',
      PLUMBLINE_PORT_8080_TCP: 'x',
      PLUMBLINE_URL: 'x',
      PLUMBLINE_API_KEY: 'x',
    }
    expect(unknownSettings(env)).toEqual([])
  })
})

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.8.8.8', '::1', 'localhost'])('%s is', (host) => expect(isLoopback(host)).toBe(true))
  it.each(['127.0.0.1.example', '127.example', '0.0.0.0', '::', '10.0.0.1', '1127.0.0.1', 'example.com'])(
    '%s is not',
    (host) => expect(isLoopback(host)).toBe(false),
  )
})

describe('up', () => {
  it('refuses a lone target on the embedded engine, and says why and what to do', async () => {
    const starting = up(loadConfig({ PLUMBLINE_DATA_DIR: dir }, 'absent.yaml'), ['ingest'])
    await expect(starting).rejects.toThrow(
      /cannot start ingest alone: the embedded engine belongs to one process.*PLUMBLINE_CLICKHOUSE_URL/,
    )
  })
})
