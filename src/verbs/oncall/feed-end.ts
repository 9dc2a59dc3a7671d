import { z } from 'zod';
import { UpkeepError } from '../../core/verb.ts';
import * as journal from '../../store/journal.ts';
import * as oncallRows from '../../store/oncall.ts';
import { defineVerb } from '../context.ts';

export const oncallFeedEnd = defineVerb({
  name: 'oncall.feed-end',
  summary: 'Ends the secret address of a calendar; whoever subscribed to it reads nothing new',
  scope: 'operate',
  changes: true,
  repeatable: true,
  route: 'DELETE /oncall/feeds/:kind/:name',
  positional: ['kind', 'name'],
  examples: ['upkeep oncall feed-end person ann'],
  input: z.object({
    kind: z.enum(['person', 'rotation']).describe('whose turns it has'),
    name: z.string().describe('id of the person or name of the rotation'),
  }),
  async run({ ctx, input: { kind, name }, actor }) {
    await ctx.store.transaction(async (tx) => {
      if (!(await oncallRows.dropFeed(tx, { kind, name })))
        throw new UpkeepError('not-found', `no address was given out for the ${kind} ${name}`);
      const entry = { at: ctx.clock.now(), actor: actor.name, kind: 'oncall.feed-ended' };
      await journal.append(tx, { ...entry, subject: `${kind}:${name}`, payload: {} });
    });
    ctx.changed();
    return { kind, name };
  },
});
