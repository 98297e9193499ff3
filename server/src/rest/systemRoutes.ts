import { Router } from 'express';
import type { Registry } from 'prom-client';
import { onlyMethods } from './problem.ts';
import type { RestDeps } from './RestDeps.ts';

/** For those who watch over the server: no prefix, no sign-in, no secrets. */
export function systemRoutes(
  { sfu, gateways }: Pick<RestDeps, 'sfu' | 'gateways'>,
  registry: Registry,
): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  router.get('/readyz', (_request, response) => {
    const { up, wanted } = sfu.workers;
    const ready = up === wanted;
    response.status(ready ? 200 : 503).json({
      status: ready ? 'ready' : 'not-ready',
      workers: { up, wanted },
      gateways: gateways(),
    });
  });
  router.get('/metrics', async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics());
  });
  router.all(['/healthz', '/readyz', '/metrics'], onlyMethods(['get']));
  return router;
}
