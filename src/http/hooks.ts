/**
 * What comes back from the receivers' side: a pressed button, an acknowledgement there. No session: the notifier
 * proves by its service's signature that the request is genuine, and what it asks for is done by the same verbs.
 */
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { CallbackResult } from '../core/notifier.ts';
import { type Actor, UpkeepError } from '../core/verb.ts';
import type { AnyVerb, VerbContext } from '../verbs/context.ts';
import type { Access } from './access.ts';
import type { Refusals } from './refusals.ts';
import { createStrangers } from './strangers.ts';

type App = { Bindings: HttpBindings };
type Command = Extract<CallbackResult, { kind: 'accepted' }>['commands'][number];

const largestBody = 256 * 1024;

export function hookRoutes(
  ctx: VerbContext,
  verbs: readonly AnyVerb[],
  access: Access,
  refusals: Refusals,
): Hono<App> {
  const routes = new Hono<App>();
  const strangers = createStrangers(access, 'hook');

  routes.post('/hooks/:name', bodyLimit({ maxSize: largestBody }), async (c) => {
    const name = c.req.param('name');
    const stranger = strangers.meet(c);
    const result = await ctx.notifications.receive(name, {
      method: c.req.method,
      url: `${ctx.baseUrl()}${c.req.path}${new URL(c.req.url).search}`,
      headers: c.req.header(),
      body: await c.req.text(),
    });
    if (result === null)
      throw new UpkeepError('not-found', `nothing comes back to a notifier called ${name}`);
    if (result.kind === 'refused') {
      stranger.failed();
      const payload = { address: stranger.address, detail: result.detail };
      await refusals({ actor: 'stranger', kind: 'hook.refused', subject: `notifier:${name}`, payload });
      throw new UpkeepError('not-allowed', result.detail);
    }
    for (const command of result.commands) await carryOut(name, command);
    return answer(result);
  });

  /** What is too late or not ours is no trouble of the service, which would send it again. */
  async function carryOut(name: string, command: Command) {
    try {
      await follow(ctx, verbs, command, {
        name: `${name}:${command.by}`,
        scopes: ['read', 'operate', 'approve'],
      });
    } catch (error) {
      if (!(error instanceof UpkeepError)) throw error;
      access.log.warn('what came back could not be done', {
        notifier: name,
        what: command.do,
        why: error.message,
      });
    }
  }

  return routes;
}

function answer(result: Extract<CallbackResult, { kind: 'accepted' }>) {
  const { status = 200, body = '', type = 'text/plain' } = result.reply ?? {};
  return new Response(body, { status, headers: { 'content-type': `${type}; charset=utf-8` } });
}

const verbOf = {
  acknowledge: 'incident.ack',
  resolve: 'incident.resolve',
  approve: 'action.approve',
  deny: 'action.deny',
} as const;

/** Does what a button or a link asks for, by the verb that everybody uses. */
export function follow(
  ctx: VerbContext,
  verbs: readonly AnyVerb[],
  command: Pick<Command, 'do' | 'id' | 'digest'> & { readonly note?: string },
  actor: Actor,
): Promise<unknown> {
  const { do: purpose, id, digest, note = '' } = command;
  const verb = verbs.find((one) => one.name === verbOf[purpose]);
  if (!verb) throw new UpkeepError('internal', `there is no verb to ${purpose}`);
  const more = {
    acknowledge: {},
    resolve: { note },
    approve: { digest: digest ?? '' },
    deny: { reason: note },
  }[purpose];
  return verb.call(ctx, { id, ...more }, actor);
}
