import { z } from 'zod';
import { UpkeepError } from '../../core/verb.ts';
import * as journal from '../../store/journal.ts';
import { defineVerb } from '../context.ts';

export const statusPageLink = defineVerb({
  name: 'status-page.link',
  summary: 'Makes a new secret address of the status page; the one before opens nothing any more',
  scope: 'admin',
  changes: true,
  credential: true,
  route: 'POST /status-page/link',
  positional: [],
  examples: ['upkeep status-page link'],
  input: z.object({}),
  async run({ ctx, actor }) {
    if (ctx.configuration().statusPage?.access !== 'link')
      throw new UpkeepError('refused', 'the page has no secret address; set access: link in statusPage:');
    const url = await ctx.statusPage.newAddress();
    const entry = { at: ctx.clock.now(), actor: actor.name, kind: 'status-page.link' };
    await ctx.store.transaction((tx) =>
      journal.append(tx, { ...entry, subject: 'status-page', payload: {} }),
    );
    ctx.changed();
    return { url };
  },
});
