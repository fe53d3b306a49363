/** Builds the console into ../dist/console; in development it asks a running `fleetward up`. */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: '../dist/console',
    emptyOutDir: true,
    // Everything comes from files: the policy of the server knows nothing inline.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/api': 'http://localhost:8321' } },
});
