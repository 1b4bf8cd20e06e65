import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress } from 'node:zlib'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const compress = promisify(brotliCompress)

// packed writes a Brotli file beside each text of the app, at the highest level:
// too slow to be done when it is asked for, and a fifth smaller than gzip.
function packed(): Plugin {
  return {
    name: 'packed',
    apply: 'build',
    async writeBundle({ dir }, bundle) {
      const texts = Object.keys(bundle).filter((name) => /\.(js|css|svg)$/.test(name))
      await Promise.all(texts.map(async (name) => writeFile(join(dir!, `${name}.br`), await compress(await readFile(join(dir!, name))))))
    },
  }
}

export default defineConfig({
  plugins: [svelte(), packed()],
  // The server reads the manifest, to name in a page what that page consists of.
  build: { outDir: 'dist/app', emptyOutDir: true, target: 'es2022', manifest: true },
  test: { include: ['src/**/*.test.ts'] },
  server: { proxy: { '/api': 'http://127.0.0.1:8080', '/ipfs': 'http://127.0.0.1:8080' } },
})
