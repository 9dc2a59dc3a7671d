/** What others push: signals of jobs, alerts and metrics. Beside the verbs, since the forms are those of others. */
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import type { VerbContext } from '../../verbs/context.ts';
import { alertRoutes } from './alerts.ts';
import { heartbeatRoutes } from './heartbeats.ts';
import { metricRoutes } from './metrics.ts';

export function receiverRoutes(ctx: VerbContext): Hono<{ Bindings: HttpBindings }> {
  const routes = new Hono<{ Bindings: HttpBindings }>();
  routes.route('/', heartbeatRoutes(ctx));
  routes.route('/', alertRoutes(ctx));
  routes.route('/', metricRoutes(ctx));
  return routes;
}
