import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import express, { Router, type RequestHandler } from 'express';

const NOT_BUILT =
  'The client is not built. Run npm start, which builds it, or: npx vite build client\n';

/**
 * The built app. Every path without a file extension is one of the app's own, and gets its page;
 * a file that is not there is a 404, so that a stale page is not fed HTML as a script.
 */
export function spa(clientDir: string): Router {
  const index = join(clientDir, 'index.html');
  const page: RequestHandler = (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      next();
      return;
    }
    if (extname(request.path) !== '') {
      response.status(404).type('text/plain').send('Not found\n');
      return;
    }
    // Looked for each time: the client may be built while the server runs.
    if (!existsSync(index)) {
      response.status(503).type('text/plain').send(NOT_BUILT);
      return;
    }
    response.set('Cache-Control', 'no-cache').sendFile(index);
  };
  const router = Router();
  // Vite puts a hash of the content into these names.
  router.use(
    '/assets',
    express.static(join(clientDir, 'assets'), { immutable: true, maxAge: '1y', index: false }),
  );
  router.use(express.static(clientDir, { index: false }));
  router.use(page);
  return router;
}
