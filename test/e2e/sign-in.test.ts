import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKey } from '../../shared/state/keys.ts'
import { chromiumPath, openBrowser } from '../support/browser.ts'
import { ensureConsole } from '../support/console-build.ts'
import { openWeb, type WebBed } from '../support/web.ts'

let browser: Browser
let bed: WebBed
let page: Page
let url: string
let reader: string
let owner: string

const signIn = async (key: string) => {
  await page.getByLabel('Key').fill(key)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

describe.skipIf(chromiumPath() === null)('the console where keys are needed', () => {
  beforeAll(async () => {
    await ensureConsole()
    browser = (await openBrowser())!
    bed = await openWeb(Date.now(), { PLUMBLINE_HOST: '0.0.0.0' }, async (context) => {
      reader = (await createKey(context, { name: 'reader', scopes: ['read'] })).plaintext
      owner = (await createKey(context, { name: 'owner', scopes: ['admin'] })).plaintext
    })
    url = bed.url.replace('0.0.0.0', '127.0.0.1')
    page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage()
  })
  afterAll(async () => {
    await browser?.close()
    await bed?.close()
  })

  it('says that a key is unknown, and asks for another', async () => {
    await page.goto(`${url}/deploys`)
    await signIn('plb_never-made')
    await page.getByText('Cannot sign in: this key is unknown or was revoked').waitFor()
    await page.getByLabel('Key').waitFor()
  })

  it('opens the page that was asked for, and shows one who may only read no keys of others', async () => {
    await signIn(reader)
    await page.getByRole('heading', { name: 'Deploys', exact: true }).waitFor()
    await page.goto(`${url}/settings`)
    await page.getByText('this one may read.').waitFor()
    expect(await page.getByRole('button', { name: 'Make key' }).count()).toBe(0)
    expect(await page.getByRole('alert').count()).toBe(0)
  })

  it('asks again when the session is gone, and lets one who may change everything make keys', async () => {
    await page.context().clearCookies()
    await page.reload()
    await signIn(owner)
    await page.getByRole('cell', { name: 'reader' }).waitFor()
    await page.getByRole('button', { name: 'Make key' }).waitFor()
  })
})
