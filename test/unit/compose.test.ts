import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { targets } from '../../services/targets.ts'
import { listen } from '../../shared/runtime/http.ts'
import { settings } from '../../shared/runtime/settings.ts'
import { makeCertificate } from '../support/certificate.ts'

type ComposeService = {
  image?: string
  build?: string
  profiles?: string[]
  command?: string[]
  environment?: Record<string, string>
  ports?: string[]
  volumes?: string[]
  depends_on?: Record<string, unknown>
}

const compose = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as {
  services: Record<string, ComposeService>
  volumes: Record<string, unknown>
}
const dockerfile = readFileSync('Dockerfile', 'utf8')
const byProfile = (profile: string) => Object.entries(compose.services).filter(([, s]) => s.profiles?.includes(profile))
const ours = Object.entries(compose.services).filter(([, s]) => s.build !== undefined)

describe('docker-compose.yml', () => {
  it('sets only settings that exist, to values that they take', () => {
    const byEnv = new Map(Object.values(settings).map((s) => [s.env as string, s]))
    for (const [name, service] of ours) {
      for (const [env, value] of Object.entries(service.environment ?? {})) {
        const setting = byEnv.get(env)
        expect(setting, `${name}: ${env}`).toBeDefined()
        const plain = value.replace(/\$\{\w+:-([^}]*)\}/g, '$1')
        expect(setting?.schema.safeParse(plain).success, `${name}: ${env}=${plain}`).toBe(true)
      }
    }
  })

  it('runs one container with every target in profile single, without a server of its own', () => {
    const single = byProfile('single')
    expect(single.map(([name]) => name)).toEqual(['plumbline'])
    expect(single[0]?.[1].command).toEqual(['up'])
    expect(single[0]?.[1].environment).not.toHaveProperty('PLUMBLINE_CLICKHOUSE_URL')
  })

  it('runs each target once in profile cluster, on ClickHouse and PostgreSQL', () => {
    const cluster = byProfile('cluster')
    const commands = cluster.flatMap(([, s]) => (s.command?.[0] === 'up' ? [s.command[1]] : []))
    expect(commands.sort()).toEqual(Object.keys(targets).sort())
    for (const [, service] of cluster.filter(([, s]) => s.build)) {
      expect(service.environment).toHaveProperty('PLUMBLINE_CLICKHOUSE_URL')
      expect(service.environment).toHaveProperty('PLUMBLINE_STATE_URL')
      expect(Object.keys(service.depends_on ?? {}).sort()).toEqual(['clickhouse', 'postgres'])
    }
  })

  it('puts no variable into a URL that holds more than it, where a password would have to be percent-encoded', () => {
    const values = Object.values(compose.services).flatMap((s) => Object.values(s.environment ?? {}))
    expect(values.filter((value) => value.includes('${')).length).toBeGreaterThan(4)
    expect(values.filter((value) => /\$\{/.test(value) && !/^\$\{\w+:-[^}]*\}$/.test(value))).toEqual([])
  })

  it('publishes the ports that the settings default to and the Dockerfile exposes, on loopback only', () => {
    const exposed = /EXPOSE (.*)/.exec(dockerfile)?.[1]?.split(' ').sort()
    expect(exposed).toEqual(
      [settings.otlpGrpcPort, settings.otlpHttpPort, settings.webPort].map((s) => s.default).sort(),
    )
    for (const [, service] of ours) {
      for (const port of service.ports ?? []) {
        const [address, outside, inside] = port.split(':')
        expect(address).toBe('127.0.0.1')
        expect(outside).toBe(inside)
        expect(exposed).toContain(inside)
      }
    }
  })

  it('declares every volume that is mounted, and mounts the data folder of the Dockerfile', () => {
    const dataDir = /PLUMBLINE_DATA_DIR=(\S+)/.exec(dockerfile)?.[1]
    for (const [name, service] of Object.entries(compose.services)) {
      for (const volume of service.volumes ?? []) {
        const [source, target] = volume.split(':')
        expect(compose.volumes, name).toHaveProperty(source ?? '')
        if (service.build) expect(target).toBe(dataDir)
      }
    }
  })
})

describe('Dockerfile', () => {
  it('copies only what exists or is built', () => {
    const copied = [...dockerfile.matchAll(/^COPY --from=build (.+) \S+$/gm)].flatMap((m) => (m[1] ?? '').split(' '))
    const known = ['/app/package.json', '/app/LICENSE', '/app/node_modules', '/app/bin', '/app/migrations', '/app/dist']
    expect(copied.sort()).toEqual(known.sort())
  })

  it('starts the command that the package installs', () => {
    const bin = (JSON.parse(readFileSync('package.json', 'utf8')) as { bin: Record<string, string> }).bin.plumbline
    expect(dockerfile).toContain(`ENTRYPOINT ["node", "${bin}"]`)
  })

  it('is healthy when the console is ready, with TLS and on another port too', async () => {
    const [node, ...args] = JSON.parse(/HEALTHCHECK[\s\S]*?CMD (\[.*\])/.exec(dockerfile)?.[1] ?? '[]') as string[]
    expect(node).toBe('node')
    const check = (env: Record<string, string>) =>
      new Promise<number | null>((resolve) => {
        spawn(process.execPath, args, { env: { PATH: process.env.PATH ?? '', ...env } }).on('exit', resolve)
      })
    const dir = mkdtempSync(join(tmpdir(), 'plumbline-health-'))
    const certificate = makeCertificate(dir)
    let status = 200
    const app = (request: IncomingMessage, response: ServerResponse) =>
      response.writeHead(request.url === '/readyz' ? status : 404).end()
    for (const tls of certificate ? [undefined, certificate] : [undefined]) {
      const listening = await listen(app, { host: '127.0.0.1', port: 0, name: 'web', tls })
      const env = { PLUMBLINE_WEB_PORT: new URL(listening.url).port, ...(tls && { PLUMBLINE_TLS_CERT: tls.cert }) }
      status = 200
      expect(await check(env)).toBe(0)
      status = 503
      expect(await check(env)).toBe(1)
      await listening.close()
      expect(await check(env)).toBe(1)
    }
    rmSync(dir, { recursive: true })
  })
})
