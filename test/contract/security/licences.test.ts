import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'

it('uses packages under permissive licences only', () => {
  const { used, refused } = JSON.parse(
    execFileSync(process.execPath, ['scripts/licences.mjs', '--json'], { encoding: 'utf8', maxBuffer: 1 << 24 }),
  )
  expect(refused).toEqual([])
  expect(used.length).toBeGreaterThan(50)
})
