/**
 * What comes back from the receivers' side: a pressed button, an acknowledgement there. No session: the notifier
 * proves by its service's signature that the request is genuine, and what it asks for is done by the same verbs.
 */
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { CallbackResult, Command } from '../core/notifier.ts';
import { type Actor, UpkeepError } from '../core/verb.ts';
import { passageOf } from '../core/way-back.ts';
import * as incidentRows from '../store/incidents.ts';
import * as linkRows from '../store/links.ts';
import type { AnyVerb, VerbContext } from '../verbs/context.ts';
import type { Access } from './access.ts';
import type { Refusals } from './refusals.ts';
import { createStrangers } from './strangers.ts';

type App = { Bindings: HttpBindings };
type Accepted = Extract<CallbackResult, { kind: 'accepted' }>;

const largestBody = 256 * 1024;
/** Longer than what is old is refused for being old. */
const rememberedMs = 2 * 86_400_000;

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
    let words = result.words ?? null;
    for (const command of result.commands) words = (await carryOut(name, command)) ?? words;
    // The service waits a few seconds for its answer, and asks again without one.
    if (words !== null) void tell(name, result, words);
    return answer(result, words);
  });

  /** Gives why nothing came of it. What is too late or not ours is no trouble of the service, which would send it again. */
  async function carryOut(name: string, command: Command): Promise<string | null> {
    const { db } = ctx.store;
    const useId = command.event === undefined ? null : access.digest(`hook ${name} ${command.event}`);
    const passage = passageOf(command, await askedFor(command), {
      now: access.clock.now(),
      isSeen: useId !== null && (await linkRows.isUsed(db, useId)),
    });
    const said = { notifier: name, what: command.do, of: command.id };
    if (passage.kind === 'ignore') {
      access.log.info('what came back changes nothing', { ...said, why: passage.words });
      return passage.words;
    }
    try {
      const actor = { name: actorOf(name, command), scopes: ['read', 'operate', 'approve'] as const };
      await follow(ctx, verbs, command, actor);
    } catch (error) {
      if (!(error instanceof UpkeepError)) throw error;
      access.log.warn('what came back could not be done', { ...said, why: error.message });
      return error.message;
    }
    const at = access.clock.now();
    if (useId !== null)
      await ctx.store.transaction((tx) => linkRows.use(tx, { id: useId, at, expiresAt: at + rememberedMs }));
    return null;
  }

  async function askedFor({ do: purpose, id }: Command) {
    const isOfIncident = purpose === 'acknowledge' || purpose === 'resolve';
    const incident = isOfIncident ? await incidentRows.byId(ctx.store.db, id) : undefined;
    return incident ? { ...incident, reopenedAt: incident.conduct?.reopenedAt ?? null } : null;
  }

  function actorOf(name: string, { by, address }: Command): string {
    const { people } = ctx.configuration().oncall;
    const person = people.find(({ reach }) => address !== undefined && reach[name] === address);
    const who = person?.id ?? by;
    return who === '' ? name : `${name}:${who}`;
  }

  async function tell(name: string, result: Accepted, words: string) {
    const delivery = await result.tell?.(words);
    if (delivery === undefined || delivery.kind === 'delivered') return;
    access.log.warn('who pressed a button could not be answered', { notifier: name, why: delivery.detail });
  }

  return routes;
}

function answer({ reply }: Accepted, words: string | null) {
  const { body, type } = reply?.(words) ?? { body: '', type: 'text/plain' };
  return new Response(body, { headers: { 'content-type': `${type}; charset=utf-8` } });
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
