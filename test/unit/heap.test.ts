import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { HEAP_FLAG } from '../../shared/runtime/heap.ts'

it('asks V8 for what this Node knows', () => {
  const started = spawnSync(process.execPath, [HEAP_FLAG, '--eval', '0'], { encoding: 'utf8' })
  expect(started.stderr).toBe('')
  expect(started.status).toBe(0)
  const unknown = spawnSync(process.execPath, [`${HEAP_FLAG.replace('percent', 'share')}`, '--eval', '0'])
  expect(unknown.status).not.toBe(0)
})
