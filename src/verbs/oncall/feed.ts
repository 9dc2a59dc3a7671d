import { z } from 'zod';
import { UpkeepError } from '../../core/verb.ts';
import * as journal from '../../store/journal.ts';
import * as oncallRows from '../../store/oncall.ts';
import { defineVerb } from '../context.ts';
import { personNamed, rotationNamed } from './roster.ts';

export const oncallFeed = defineVerb({
  name: 'oncall.feed',
  summary: 'Gives out the secret address of a calendar to subscribe to; the one given out before ends',
  scope: 'operate',
  changes: true,
  credential: true,
  route: 'POST /oncall/feeds',
  positional: [],
  examples: ['upkeep oncall feed --person ann', 'upkeep oncall feed --rotation primary'],
  input: z.object({
    person: z.string().optional().describe('the turns of this person'),
    rotation: z.string().optional().describe('the turns of this rotation'),
  }),
  async run({ ctx, input, actor }) {
    if ((input.person === undefined) === (input.rotation === undefined))
      throw new UpkeepError('bad-input', 'name a person or a rotation');
    const feed =
      input.person === undefined
        ? { kind: 'rotation' as const, name: rotationNamed(ctx, input.rotation ?? '').name }
        : { kind: 'person' as const, name: personNamed(ctx, input.person).id };
    const secret = ctx.newSecret();
    const at = ctx.clock.now();
    await ctx.store.transaction(async (tx) => {
      await oncallRows.putFeed(tx, { ...feed, hash: ctx.digest(secret), by: actor.name, at });
      const subject = `${feed.kind}:${feed.name}`;
      await journal.append(tx, { at, actor: actor.name, kind: 'oncall.feed-given', subject, payload: {} });
    });
    ctx.changed();
    const { publicUrl, listen } = ctx.configuration();
    return { ...feed, url: `${publicUrl ?? `http://${listen.host}:${listen.port}`}/calendars/${secret}.ics` };
  },
});
