/** `/mcp`: assistants come with an API token, never with the cookie of a browser that somebody is signed in with. */
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { type Actor, type Scope, UpkeepError } from '../core/verb.ts';
import type { Refusals } from './refusals.ts';

export type AnswerAssistant = (
  request: Request,
  actor: Actor,
  refused: (verb: { readonly name: string; readonly scope: Scope }) => Promise<void>,
) => Promise<Response>;

const largestBody = 256 * 1024;

export function assistantRoutes(answer: AnswerAssistant, refusals: Refusals): Hono {
  const routes = new Hono();
  routes.use('/mcp', bodyLimit({ maxSize: largestBody }));
  routes.on(['GET', 'POST', 'DELETE'], '/mcp', (c) => {
    requireToken(c);
    const actor = c.get('actor');
    return answer(c.req.raw, actor, async ({ name, scope }) => {
      const payload = { verb: name, scope, through: 'mcp' };
      await refusals({ actor: actor.name, kind: 'access.refused', subject: `verb:${name}`, payload });
    });
  });
  return routes;
}

function requireToken(c: Context): void {
  if (c.req.header('authorization') === undefined)
    throw new UpkeepError(
      'not-signed-in',
      'assistants need an API token: upkeep token create, then Authorization: Bearer',
    );
}
