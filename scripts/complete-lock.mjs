/**
 * Completes package-lock.json with the platform packages that the registry in use did not serve.
 *
 * npm leaves an optional dependency out of the lock when its registry has no such package, and `npm ci` then calls the
 * lock incomplete. An entry that names version, os and cpu is enough: npm skips it on other platforms and fetches it on
 * its own. Run after each change of the lock; `--check` exits 1 when something is missing and writes nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs'

const LOCK = 'package-lock.json'
const SYSTEMS = new Set('aix android darwin freebsd linux netbsd openbsd openharmony sunos win32'.split(' '))
const PROCESSORS = {
  x64: 'x64',
  x86_64: 'x64',
  arm64: 'arm64',
  aarch64: 'arm64',
  arm: 'arm',
  armv7: 'arm',
  armhf: 'arm',
  gnueabihf: 'arm',
  musleabihf: 'arm',
  eabi: 'arm',
  ia32: 'ia32',
  ppc64: 'ppc64',
  ppc64le: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
  loong64: 'loong64',
  mips64el: 'mips64el',
  wasm32: 'wasm32',
}

/** Finds the lock key under which `name` resolves for the package at `from`, walking up as Node does. */
function resolve(packages, from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const key = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`
    if (packages[key]) return key
    if (at === '') return undefined
  }
}

/** Reads os, cpu and libc from a platform package's name, e.g. `@x/lib-linux-arm64-musl`. */
function platformOf(name) {
  const words = name.split(/[/\-.]/)
  const os = words.find((word) => SYSTEMS.has(word))
  const cpu = words.map((word) => PROCESSORS[word.replace(/^android-/, '')]).find(Boolean)
  const libc = words.some((word) => word.startsWith('musl'))
    ? 'musl'
    : words.some((word) => word.startsWith('gnu'))
      ? 'glibc'
      : undefined
  return os || cpu === 'wasm32' ? { os, cpu, libc } : undefined
}

const lock = JSON.parse(readFileSync(LOCK, 'utf8'))
const missing = []
for (const [key, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (resolve(lock.packages, key, name)) continue
    const platform = platformOf(name)
    if (!platform || !/^\d/.test(version)) {
      console.error(
        `cannot complete ${name}@${version} of ${key || 'the project'}: its platform or exact version is unknown`,
      )
      process.exitCode = 1
      continue
    }
    missing.push([
      `node_modules/${name}`,
      {
        version,
        ...(platform.cpu && { cpu: [platform.cpu] }),
        ...(platform.libc && { libc: [platform.libc] }),
        ...(entry.license && { license: entry.license }),
        ...(entry.dev && { dev: true }),
        optional: true,
        ...(platform.os && { os: [platform.os] }),
      },
    ])
  }
}

if (process.argv.includes('--check')) {
  if (missing.length > 0) {
    console.error(`${LOCK} lacks ${missing.length} platform packages; run: npm run lock:complete`)
    process.exitCode = 1
  }
} else if (missing.length > 0) {
  for (const [key, entry] of missing) lock.packages[key] = entry
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync(LOCK, `${JSON.stringify(lock, null, 2)}\n`)
  console.log(`added ${missing.map(([key]) => key).join(' ')}`)
}
