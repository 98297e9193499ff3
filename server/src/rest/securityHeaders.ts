import type { RequestHandler } from 'express';
import helmet from 'helmet';

/** Strict headers for the app and the API: everything comes from here, nothing from elsewhere. */
export function securityHeaders(publicUrl: string): RequestHandler[] {
  const isHttps = publicUrl.startsWith('https:');
  const webSocket = publicUrl.replace(/^http/, 'ws');
  return [
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'self'"],
          scriptSrc: ["'self'"],
          // Component libraries position popups by style attributes.
          styleSrc: ["'self'"],
          styleSrcAttr: ["'unsafe-inline'"],
          imgSrc: ["'self'", 'data:', 'blob:'],
          fontSrc: ["'self'"],
          // Not every browser takes 'self' to mean the WebSocket of the same origin.
          connectSrc: ["'self'", new URL(webSocket).origin],
          // A recording is fetched with the bearer token and played from memory.
          mediaSrc: ["'self'", 'blob:'],
          workerSrc: ["'self'", 'blob:'],
          objectSrc: ["'none'"],
          baseUri: ["'none'"],
          formAction: ["'self'"],
          frameAncestors: ["'none'"],
        },
      },
      strictTransportSecurity: isHttps,
      // The join link is a secret: no other site learns it.
      referrerPolicy: { policy: 'no-referrer' },
    }),
    (_request, response, next) => {
      response.set('Permissions-Policy', 'microphone=(self), camera=(), geolocation=()');
      next();
    },
  ];
}
