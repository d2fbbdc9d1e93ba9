#!/usr/bin/env node
import { existsSync } from 'node:fs'

const builder = new URL('../scripts/build.mjs', import.meta.url)
if (existsSync(builder)) {
  const { build, isStale } = await import(builder.href)
  if (isStale()) build()
}
await import('../dist/services/main.js')
