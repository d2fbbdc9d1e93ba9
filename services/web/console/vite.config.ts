import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** Builds the console into dist/console of the repository; `vite dev` passes /api on to a Plumbline on port 8080. */
export default defineConfig(({ command }) => {
  // Whatever NODE_ENV the caller has (a test runner's, say): what is built is for production.
  if (command === 'build') process.env.NODE_ENV = 'production'
  return {
    root: fileURLToPath(new URL('.', import.meta.url)),
    plugins: [react()],
    build: {
      outDir: fileURLToPath(new URL('../../../dist/console', import.meta.url)),
      emptyOutDir: true,
      cssTarget: ['chrome125', 'firefox125', 'safari17.5'],
      assetsInlineLimit: 0,
      reportCompressedSize: false,
    },
    server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
  }
})
