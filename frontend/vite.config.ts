import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

// The console that `npm run dev` talks to: WEIR_CONSOLE=http://127.0.0.1:9348 npm run dev
const consoleURL = process.env.WEIR_CONSOLE ?? 'http://127.0.0.1:9348'

// Tests compare what people read; the processes that run them take their locale from here.
if (process.env.VITEST) process.env.LC_ALL = 'en_US.UTF-8'

export default defineConfig({
  plugins: [svelte()],
  base: './',
  build: {
    target: ['es2022', 'safari16'],
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700, // all of it comes from the same machine, at once
    assetsInlineLimit: 0, // the content policy allows no data: addresses
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/console': { target: consoleURL, changeOrigin: true, headers: { origin: consoleURL } } },
  },
  test: { include: ['test/**/*.test.ts'], environment: 'node' },
})
