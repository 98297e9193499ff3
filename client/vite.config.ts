import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

const SERVER = 'http://127.0.0.1:3000';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [vue()],
  define: {
    __VUE_OPTIONS_API__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
  },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // The server's CSP is `default-src 'self'`: a data: URL would be refused.
    assetsInlineLimit: 0,
    rolldownOptions: {
      treeshake: {
        // The client takes types and constants of the protocol, no schemas: without these two
        // every z.object() would count as a side effect and ship zod, which tries `new Function`.
        // See protocol/src/constants.ts.
        manualPureFunctions: ['z'],
        moduleSideEffects: [{ test: /[\\/](zod|protocol[\\/]src)[\\/]/, sideEffects: false }],
      },
    },
  },
  server: {
    host: '127.0.0.1',
    proxy: {
      '/api': SERVER,
      '/socket.io': { target: SERVER, ws: true },
    },
  },
});
