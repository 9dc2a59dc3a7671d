/** The HTTP side: verbs as routes, sessions, the live stream, the dashboard's files. Thin: it decides nothing. */
import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { secureHeaders } from 'hono/secure-headers';
import type { AnyVerb, VerbContext } from '../verbs/context.ts';
import { type Access, guardAccess } from './access.ts';
import { dashboard } from './dashboard.ts';
import { answerErrors } from './errors.ts';
import { healthRoutes } from './health.ts';
import { type LiveFeed, liveEvents } from './live.ts';
import { openApi } from './openapi.ts';
import { sessionRoutes } from './session.ts';
import { verbRoutes } from './verb-routes.ts';

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  readonly ctx: VerbContext;
  readonly access: Access;
  readonly verbs: readonly AnyVerb[];
  readonly feed: LiveFeed;
  /** Folder of the built dashboard. */
  readonly web: string;
  readonly isReady: () => boolean;
  readonly metrics: () => string;
}

export interface HttpServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const largestBody = 256 * 1024;

export function createRoutes(options: HttpOptions): Hono {
  const app = new Hono();
  app.onError(answerErrors);
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
      },
      xFrameOptions: 'DENY',
      referrerPolicy: 'no-referrer',
    }),
  );
  app.use('*', guardAccess(options.access));
  app.use('/api/*', bodyLimit({ maxSize: largestBody }));
  app.route('/', healthRoutes(options));
  app.get('/api/openapi.json', (c) => c.json(openApi(options.verbs, options.ctx.version)));
  app.route('/api/v1', sessionRoutes(options.access));
  app.get('/api/v1/events', liveEvents(options.feed));
  app.route('/api/v1', verbRoutes(options.verbs, options.ctx));
  app.all('/api/*', (c) =>
    c.json({ error: { code: 'not-found', message: `there is no ${c.req.path}` } }, 404),
  );
  app.get('*', dashboard(options.web));
  return app;
}

/** Listens; rejects with the system's error (`EADDRINUSE`, `EACCES`) when it cannot. */
export function startHttp(options: HttpOptions): Promise<HttpServer> {
  const app = createRoutes(options);
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: options.host, port: options.port }, (info) => {
      const host = options.host.includes(':') ? `[${options.host}]` : options.host;
      resolve({
        url: `http://${host}:${info.port}`,
        port: info.port,
        close: () => closeServer(server as Server),
      });
    });
    server.once('error', reject);
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
