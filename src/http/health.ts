import { Hono } from 'hono';
import { requireScope } from './access.ts';
import type { HttpOptions } from './server.ts';

export function healthRoutes(options: Pick<HttpOptions, 'isReady' | 'metrics'>): Hono {
  const routes = new Hono();
  routes.get('/healthz', (c) => c.text('ok\n'));
  routes.get('/readyz', (c) => (options.isReady() ? c.text('ready\n') : c.text('starting\n', 503)));
  routes.get('/metrics', (c) => {
    requireScope(c.get('actor'), 'read');
    return c.text(options.metrics(), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
  });
  return routes;
}
