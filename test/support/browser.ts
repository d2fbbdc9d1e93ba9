/** Real Chromium for the console's tests; null, with a word why, where there is none. */
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The browser's path, or null. */
export function chromiumPath(): string | null {
  const wanted = process.env.PLUMBLINE_CHROMIUM
  if (wanted) return existsSync(wanted) ? wanted : null
  return (
    ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path)) ??
    null
  )
}

export async function openBrowser(): Promise<Browser | null> {
  const executablePath = chromiumPath()
  if (!executablePath) {
    process.stdout.write('skipped: no Chromium here. Install chromium, or set PLUMBLINE_CHROMIUM to its path\n')
    return null
  }
  return chromium.launch({ executablePath, args, headless: true })
}
