/**
 * Signed links. Opening one shows what it would do and changes nothing, since mail scanners and chat previews open
 * links; the button on that page does it.
 */
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { followerOf } from '../../core/link.ts';
import { UpkeepError } from '../../core/verb.ts';
import type { Proven } from '../../pipeline/links.ts';
import { isStormId } from '../../store/storms.ts';
import type { AnyVerb, VerbContext } from '../../verbs/context.ts';
import type { Access } from '../access.ts';
import { follow } from '../hooks.ts';
import type { Refusals } from '../refusals.ts';
import { createStrangers } from '../strangers.ts';
import { type Page, pageOf } from './page.ts';
import { style } from './style.ts';
import { doneOf, questionOf, refusalOf, untakenOf } from './words.ts';

type App = { Bindings: HttpBindings };

const largestForm = 8 * 1024;

export function linkRoutes(
  ctx: VerbContext,
  verbs: readonly AnyVerb[],
  access: Access,
  refusals: Refusals,
): Hono<App> {
  const routes = new Hono<App>();
  const strangers = createStrangers(access, 'link');

  routes.get('/link/style.css', (c) => c.body(style, 200, { 'content-type': 'text/css; charset=utf-8' }));

  routes.get('/link/:token', async (c) => {
    const proven = await prove(c);
    if (proven.kind !== 'ours') return show(c, refusalOf(proven.kind));
    const question = await questionOf(ctx, proven.link);
    return show(c, question);
  });

  routes.post('/link/:token', bodyLimit({ maxSize: largestForm }), async (c) => {
    const proven = await prove(c);
    if (proven.kind !== 'ours') return show(c, refusalOf(proven.kind));
    const { link, digest } = proven;
    const question = await questionOf(ctx, link);
    if (question.form === null) return show(c, question);
    const note = String((await c.req.parseBody()).note ?? '').slice(0, 2_000);
    try {
      const actor = { name: followerOf(link), scopes: ['read', 'operate', 'approve'] as const };
      const ids = isStormId(link.id) ? (await untakenOf(ctx, link.id)).map(({ id }) => id) : [link.id];
      for (const id of ids) await follow(ctx, verbs, { do: link.purpose, id, digest, note }, actor);
    } catch (error) {
      if (!(error instanceof UpkeepError) || error.code === 'internal') throw error;
      return show(c, { ...refusalOf('refused'), lead: error.message });
    }
    // To acknowledge twice changes nothing; anything else is done once.
    if (link.purpose !== 'acknowledge') await ctx.links.use(c.req.param('token'), link);
    return show(c, await doneOf(ctx, link));
  });

  async function prove(c: Context<App>): Promise<Proven> {
    const stranger = strangers.meet(c);
    const proven = await ctx.links.prove(c.req.param('token') ?? '');
    if (proven.kind === 'unknown') {
      stranger.failed();
      const payload = { address: stranger.address };
      await refusals({ actor: 'stranger', kind: 'link.refused', subject: 'link', payload });
    }
    return proven;
  }

  function show(c: Context, page: Page) {
    return c.html(pageOf(page, ctx.configuration().name), page.status);
  }

  return routes;
}
