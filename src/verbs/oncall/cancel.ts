import { z } from 'zod';
import { UpkeepError } from '../../core/verb.ts';
import { lookAtHandOffs } from '../../practices/oncall/hand-off.ts';
import * as journal from '../../store/journal.ts';
import * as oncallRows from '../../store/oncall.ts';
import { defineVerb } from '../context.ts';

export const oncallCancel = defineVerb({
  name: 'oncall.cancel',
  summary: 'Takes an override back, so that the plan holds again',
  scope: 'operate',
  changes: true,
  repeatable: true,
  route: 'DELETE /oncall/overrides/:id',
  positional: ['id'],
  examples: ['upkeep oncall cancel 01990d2c-7d2a-7000-8000-000000000000'],
  input: z.object({ id: z.string().describe('its id, as oncall list shows it') }),
  async run({ ctx, input, actor }) {
    const now = ctx.clock.now();
    await ctx.store.transaction(async (tx) => {
      if (!(await oncallRows.cancelOverride(tx, input.id, now)))
        throw new UpkeepError('not-found', `there is no override ${input.id} made by hand that still holds`);
      await lookAtHandOffs(tx, now);
      const subject = `override:${input.id}`;
      await journal.append(tx, {
        at: now,
        actor: actor.name,
        kind: 'oncall.cancelled',
        subject,
        payload: {},
      });
    });
    ctx.changed();
    return { cancelled: input.id };
  },
});
