import express, { Router, type Express } from 'express';
import { createMetrics } from '../metrics/createMetrics.ts';
import type { Endpoint } from './Endpoint.ts';
import { openapi } from './openapi.ts';
import { onlyMethods, problemHandler, unknownRoute } from './problem.ts';
import type { RestDeps } from './RestDeps.ts';
import { alarmEndpoints } from './routes/alarms.ts';
import { auditEndpoints } from './routes/audit.ts';
import { callEndpoints } from './routes/calls.ts';
import { dialOutEndpoints } from './routes/dialOut.ts';
import { didEndpoints } from './routes/dids.ts';
import { holdEndpoints } from './routes/holds.ts';
import { meetingEndpoints } from './routes/meetings.ts';
import { participantEndpoints } from './routes/participants.ts';
import { recordingEndpoints } from './routes/recordings.ts';
import { retentionEndpoints } from './routes/retention.ts';
import { sessionEndpoints } from './routes/sessions.ts';
import { trunkEndpoints } from './routes/trunks.ts';
import { userEndpoints } from './routes/users.ts';
import { securityHeaders } from './securityHeaders.ts';
import { spa } from './spa.ts';
import { systemRoutes } from './systemRoutes.ts';

const MAX_BODY_BYTES = 64 * 1024;

/** Everything that is served over plain HTTP. */
export function createApp(deps: RestDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(securityHeaders(deps.links.publicUrl));
  app.use(systemRoutes(deps, createMetrics(deps)));
  app.use('/api/v1', api(deps));
  app.use('/api', unknownRoute);
  app.use(spa(deps.clientDir));
  app.use(unknownRoute);
  app.use(problemHandler(deps.logger.child({ file: 'rest' })));
  return app;
}

function api(deps: RestDeps): Router {
  const router = Router();
  const endpoints = allEndpoints(deps);
  const description = openapi(endpoints);
  router.use((_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });
  // Of any media type: a client that forgets the header is told what is wrong with the body.
  router.use(express.json({ limit: MAX_BODY_BYTES, type: () => true }));
  router.get('/openapi.json', (_request, response) => {
    response.json(description);
  });
  for (const { method, path, listener } of endpoints) {
    router[method](path, listener(deps));
  }
  for (const [path, some] of Map.groupBy(endpoints, ({ path }) => path)) {
    router.all(path, onlyMethods(some.map(({ method }) => method)));
  }
  router.all('/openapi.json', onlyMethods(['get']));
  return router;
}

/** Every call of the API. */
function allEndpoints(deps: RestDeps): Endpoint[] {
  return [
    ...sessionEndpoints(deps),
    ...userEndpoints(deps),
    ...meetingEndpoints(deps),
    ...participantEndpoints(deps),
    ...recordingEndpoints(deps),
    ...holdEndpoints(deps),
    ...retentionEndpoints(deps),
    ...auditEndpoints(deps),
    ...trunkEndpoints(deps),
    ...didEndpoints(deps),
    ...callEndpoints(deps),
    ...dialOutEndpoints(deps),
    ...alarmEndpoints(deps),
  ];
}
