/** One route for each verb: path and query (GET) or path and JSON body (POST, DELETE) fill its input. */
import { type Context, Hono } from 'hono';
import type { AnyVerb, VerbContext } from '../verbs/context.ts';
import { requireScope } from './access.ts';
import { jsonBody } from './json-body.ts';
import type { Refusals } from './refusals.ts';

export function verbRoutes(verbs: readonly AnyVerb[], ctx: VerbContext, refusals: Refusals): Hono {
  const routes = new Hono();
  for (const verb of verbs) {
    const [method = 'GET', path = '/'] = verb.route.split(' ');
    routes.on(method, path, async (c) => {
      const actor = c.get('actor');
      if (!actor.scopes.includes(verb.scope)) {
        const payload = { verb: verb.name, scope: verb.scope };
        await refusals({ actor: actor.name, kind: 'access.refused', subject: `verb:${verb.name}`, payload });
      }
      requireScope(actor, verb.scope);
      const input = { ...(await inputOf(c)), ...c.req.param() };
      return c.json((await verb.call(ctx, input, actor)) as object);
    });
  }
  return routes;
}

async function inputOf(c: Context): Promise<Record<string, unknown>> {
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return jsonBody(c);
  // An empty field of a form is one that was left out; as a number it would be 0.
  return Object.fromEntries(Object.entries(c.req.query()).filter(([, value]) => value !== ''));
}
