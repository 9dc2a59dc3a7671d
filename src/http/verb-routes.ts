/** One route for each verb: path and query (GET) or path and JSON body (POST, DELETE) fill its input. */
import { type Context, Hono } from 'hono';
import type { AnyVerb, VerbContext } from '../verbs/context.ts';
import { requireScope } from './access.ts';

export function verbRoutes(verbs: readonly AnyVerb[], ctx: VerbContext): Hono {
  const routes = new Hono();
  for (const verb of verbs) {
    const [method = 'GET', path = '/'] = verb.route.split(' ');
    routes.on(method, path, async (c) => {
      const actor = c.get('actor');
      requireScope(actor, verb.scope);
      return c.json((await verb.call(ctx, { ...(await inputOf(c)), ...c.req.param() }, actor)) as object);
    });
  }
  return routes;
}

async function inputOf(c: Context): Promise<Record<string, unknown>> {
  if (c.req.method === 'GET') return c.req.query();
  const text = await c.req.text();
  if (text.trim() === '') return {};
  const body: unknown = JSON.parse(text);
  return body !== null && typeof body === 'object' && !Array.isArray(body) ? { ...body } : {};
}
