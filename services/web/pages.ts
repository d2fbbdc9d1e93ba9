import { existsSync } from 'node:fs'
import { join } from 'node:path'
import express, { type RequestHandler } from 'express'

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Plumbline</title>
<h1>The console is not built</h1>
<p>The API works: see <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.
To have the console, run <code>npm run build</code> in Plumbline's folder and reload this page.</p></html>
`

/** Whether a browser asks for a page: programs that read /metrics do not name text/html. */
export const wantsPage = (accept: string | undefined): boolean => /\btext\/html\b/.test(accept ?? '')

/**
 * The console's build: hashed assets for a year, everything else asked for anew; unknown paths are the
 * application's. `//api/…`, from an address with a slash at its end, is none: a gate that reads the status only must not take the page for a yes.
 */
export function pages(folder: string): [files: RequestHandler, application: RequestHandler] {
  const files = express.static(folder, {
    index: false,
    redirect: false,
    dotfiles: 'ignore',
    setHeaders: (response, path) => {
      const hashed = path.startsWith(join(folder, 'assets'))
      response.setHeader('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  const application: RequestHandler = (request, response, next) => {
    const isPage = request.method === 'GET' || request.method === 'HEAD'
    if (!isPage || /^\/(\/|(api|mcp|assets)(\/|$))/i.test(request.path) || /^\/[^/]+\.[a-z0-9]+$/i.test(request.path))
      return next()
    response.setHeader('cache-control', 'no-cache')
    if (!existsSync(join(folder, 'index.html'))) {
      response.status(200).type('html').send(NOT_BUILT)
      return
    }
    response.sendFile('index.html', { root: folder, cacheControl: false })
  }
  return [files, application]
}
