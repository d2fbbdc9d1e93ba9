/** Lists the licences of what is installed for production; fails where one is not permissive. `--json` for machines. */
import { readFileSync } from 'node:fs'

const PERMISSIVE = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'Unlicense',
  'CC0-1.0',
  'Python-2.0',
])

/** Of an SPDX expression: one side of OR must be permissive, both sides of AND. */
const isPermissive = (licence) =>
  licence
    .replace(/[()]/g, '')
    .split(' OR ')
    .some((side) => side.split(' AND ').every((id) => PERMISSIVE.has(id.trim())))

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'))
const used = Object.entries(packages)
  .filter(([path, p]) => path !== '' && !p.dev && !p.link)
  .map(([path, p]) => ({
    name: path.slice(path.lastIndexOf('node_modules/') + 13),
    version: p.version,
    licence: p.license ?? licenceIn(path),
  }))
  .sort((a, b) => a.name.localeCompare(b.name) || a.version.localeCompare(b.version))

/** Where the lock does not say, the package itself does. */
function licenceIn(path) {
  try {
    const { license } = JSON.parse(readFileSync(`${path}/package.json`, 'utf8'))
    return typeof license === 'string' ? license : (license?.type ?? 'unknown')
  } catch {
    return 'unknown'
  }
}

const refused = used.filter((p) => !isPermissive(p.licence))
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ used, refused }, null, 2)}\n`)
else {
  for (const p of used) process.stdout.write(`${p.licence.padEnd(24)} ${p.name} ${p.version}\n`)
  for (const p of refused) process.stderr.write(`${p.name} ${p.version} is not permissive: ${p.licence}\n`)
}
process.exitCode = refused.length > 0 ? 1 : 0
