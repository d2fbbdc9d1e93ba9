import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

type Manifest = Record<string, unknown> & { allowScripts: Record<string, boolean> }
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest

describe('a clone', () => {
  // npm 11 makes a link of the package in its cache for this, and a strict policy on install scripts would refuse `prepare` there.
  it('runs its own program by npx, as the README says', () => {
    const clone = mkdtempSync(join(tmpdir(), 'plumbline-clone-'))
    try {
      mkdirSync(join(clone, 'bin'))
      copyFileSync('.npmrc', join(clone, '.npmrc'))
      writeFileSync(join(clone, 'package.json'), JSON.stringify({ ...manifest, dependencies: {}, devDependencies: {} }))
      const program = '#!/usr/bin/env node\nconsole.log(process.argv.slice(2).join())\n'
      writeFileSync(join(clone, 'bin/plumbline.mjs'), program, { mode: 0o755 })
      mkdirSync(join(clone, 'scripts'))
      writeFileSync(join(clone, 'scripts/build.mjs'), '')
      const env = { ...process.env, npm_config_cache: join(clone, 'cache'), npm_config_offline: 'true' }
      const ran = execFileSync('npx', ['plumbline', 'demo'], { cwd: clone, encoding: 'utf8', stdio: 'pipe', env })
      expect(ran.trim()).toBe('demo')
    } finally {
      rmSync(clone, { recursive: true })
    }
  })

  // A gate's exit code is its answer: 1 would say that the deploy regressed.
  it('drops what nobody reads, and keeps its exit code', () => {
    const program = `${process.execPath} --import tsx services/main.ts`
    const script = `${program} --help | true; echo "$\{PIPESTATUS[0]}"; ${program} gate 2>&1 | true; echo "$\{PIPESTATUS[0]}"`
    const ran = spawnSync('bash', ['-c', script], { encoding: 'utf8' })
    expect(ran).toMatchObject({ stdout: '0\n3\n', stderr: '' })
  })

  it('installs nothing whose scripts nobody has decided about', () => {
    const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      packages: Record<string, { hasInstallScript?: boolean }>
    }
    const scripted = Object.entries(lock.packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => path.replace(/^.*node_modules\//, ''))
    expect(scripted).toContain('chdb')
    expect(scripted.filter((name) => manifest.allowScripts[name] === undefined)).toEqual([])
  })
})
