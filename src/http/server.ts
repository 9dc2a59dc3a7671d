/** The HTTP side: verbs as routes, sessions, the live stream, the dashboard's files. Thin: it decides nothing. */
import type { Server } from 'node:http';
import { type HttpBindings, serve } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { UpkeepError } from '../core/verb.ts';
import type { AnyVerb, VerbContext } from '../verbs/context.ts';
import { type Access, guardAccess } from './access.ts';
import { type AnswerAssistant, assistantRoutes } from './assistants.ts';
import { createAttempts } from './attempts.ts';
import { calendarRoutes } from './calendars.ts';
import { dashboard } from './dashboard.ts';
import { answerErrors } from './errors.ts';
import { securityHeaders, tellTimezone } from './headers.ts';
import { healthRoutes } from './health.ts';
import { hookRoutes } from './hooks.ts';
import { createLanes } from './lanes.ts';
import { linkRoutes } from './links/routes.ts';
import { type LiveFeed, liveEvents } from './live.ts';
import { providerRoutes } from './oidc/routes.ts';
import { openApi } from './openapi.ts';
import { receiverRoutes } from './receivers/index.ts';
import { createRefusals } from './refusals.ts';
import { secondFactorRoutes } from './second-factor.ts';
import { sessionRoutes } from './session.ts';
import { setupRoutes } from './setup.ts';
import { statusPageRoutes } from './status-page/routes.ts';
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
  /** The Model Context Protocol; nothing is at /mcp where left out. */
  readonly assistants?: AnswerAssistant;
}

export interface HttpServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const largestBody = 256 * 1024;

export function createRoutes(options: HttpOptions): Hono<{ Bindings: HttpBindings }> {
  const { access, verbs, ctx } = options;
  const app = new Hono<{ Bindings: HttpBindings }>();
  const refusals = createRefusals(access);
  const attempts = createAttempts(access.clock);
  const doorway = { access, refusals, attempts, inLane: createLanes({ width: 2, queue: 50 }) };
  app.onError(answerErrors(access.log));
  // Before everything: it asks nobody who they are, and has headers and limits of its own.
  app.route('/', statusPageRoutes({ clock: ctx.clock, page: ctx.statusPage, publicUrl: access.publicUrl }));
  app.use(securityHeaders(access.publicUrl));
  app.use('*', nameOurselves);
  app.use('*', keepOutOfCaches, guardAccess(access, refusals));
  app.use(
    '/api/v1/*',
    tellTimezone(() => ctx.configuration().timezone),
  );
  // Before the limit of bodies: what is pushed has limits of its own.
  app.route('/', receiverRoutes(ctx));
  app.route('/', hookRoutes(ctx, verbs, access, refusals));
  app.route('/', linkRoutes(ctx, verbs, access, refusals));
  app.use('/api/*', bodyLimit({ maxSize: largestBody }));
  app.route('/', healthRoutes(options));
  app.route('/', calendarRoutes(ctx));
  app.get('/api/openapi.json', (c) => c.json(openApi(verbs, ctx.version)));
  app.route('/api/v1', sessionRoutes(doorway));
  app.route('/api/v1', setupRoutes(doorway));
  app.route(
    '/api/v1',
    secondFactorRoutes({ ...doorway, issuer: () => `Upkeep ${ctx.configuration().name}` }),
  );
  app.route('/', providerRoutes(doorway));
  app.get('/api/v1/events', liveEvents(options.feed, access));
  app.route('/api/v1', verbRoutes(verbs, ctx, refusals));
  if (options.assistants) app.route('/', assistantRoutes(options.assistants, refusals));
  const methodsOf = methodsByPath(app.routes);
  app.get('*', (c, next) => (isApi(c.req.path) ? next() : dashboard(options.web)(c, next)));
  app.all('*', (c) => answerNothing(c, isApi(c.req.path) ? methodsOf(c.req.path) : ['GET', 'HEAD']));
  return app;
}

function isApi(path: string): boolean {
  return /^\/api(\/|$)/.test(path);
}

/** So that another Upkeep which looks around does not take this dashboard for an application to watch. */
async function nameOurselves(c: Context, next: () => Promise<void>): Promise<void> {
  await next();
  c.header('server', 'Upkeep');
}

/** Answers of the API are of this moment and for who asked. */
async function keepOutOfCaches(c: Context, next: () => Promise<void>): Promise<void> {
  await next();
  if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store');
}

/** The methods that a path of ours has; none where it is not ours. */
function methodsByPath(
  routes: readonly { readonly method: string; readonly path: string }[],
): (path: string) => string[] {
  const known = routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => ({
      methods: method === 'GET' ? ['GET', 'HEAD'] : [method],
      pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+')}$`),
    }));
  return (path) => [
    ...new Set(known.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods)),
  ];
}

function answerNothing(c: Context, methods: readonly string[]): never {
  if (methods.length === 0) throw new UpkeepError('not-found', `there is no ${c.req.path}`);
  c.header('allow', methods.join(', '));
  throw new UpkeepError('wrong-method', `${c.req.path} knows ${methods.join(', ')}, not ${c.req.method}`);
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
