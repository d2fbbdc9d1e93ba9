/** Writes the README's settings table from the settings in code. Run: npx tsx scripts/settings-table.ts */
import { readFileSync, writeFileSync } from 'node:fs'
import { settings } from '../shared/runtime/settings.ts'

const rows = Object.values(settings).map(
  (s) => `| \`${s.env}\` | ${s.default === '' ? '–' : `\`${s.default}\``} | ${s.description} |`,
)
const head = '| setting | default | what |\n|---|---|---|\n'
const readme = readFileSync('README.md', 'utf8')
const start = readme.indexOf(head) + head.length
const end = readme.indexOf('\n\n', start)
writeFileSync('README.md', `${readme.slice(0, start)}${rows.join('\n')}${readme.slice(end)}`)
