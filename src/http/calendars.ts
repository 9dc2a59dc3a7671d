/** Calendars under secret addresses: whoever has the address may read that calendar and nothing else. */
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { UpkeepError } from '../core/verb.ts';
import { feedSpan, feedText } from '../practices/oncall/feed.ts';
import * as oncallRows from '../store/oncall.ts';
import type { VerbContext } from '../verbs/context.ts';

const dayMs = 86_400_000;

export function calendarRoutes(ctx: VerbContext): Hono<{ Bindings: HttpBindings }> {
  const routes = new Hono<{ Bindings: HttpBindings }>();
  routes.get('/calendars/:file', async (c) => {
    const token = /^([\w-]{43})\.ics$/.exec(c.req.param('file'))?.[1];
    const feed =
      token === undefined ? undefined : await oncallRows.feedByHash(ctx.store.db, ctx.digest(token));
    if (!feed) throw new UpkeepError('not-found', 'there is no calendar under this address');
    const now = ctx.clock.now();
    const configuration = ctx.configuration();
    const [from, to] = [now - feedSpan.backMs - dayMs, now + feedSpan.aheadMs + dayMs];
    const adjustments = await oncallRows.adjustments(ctx.store.db, configuration.oncall.absences, from, to);
    return c.body(await feedText(configuration, feed, adjustments, now), 200, {
      'content-type': 'text/calendar; charset=utf-8',
      'content-disposition': `inline; filename="${feed.name.replace(/[^\w.-]/g, '_')}.ics"`,
    });
  });
  return routes;
}
