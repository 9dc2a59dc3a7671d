import { z } from 'zod';
import type { OverrideView } from '../../core/oncall/view.ts';
import { UpkeepError } from '../../core/verb.ts';
import { lookAtHandOffs } from '../../practices/oncall/hand-off.ts';
import * as journal from '../../store/journal.ts';
import * as oncallRows from '../../store/oncall.ts';
import { defineVerb } from '../context.ts';
import { personNamed, rotationNamed, spanOf, zoneOf } from './roster.ts';

export const oncallSwap = defineVerb({
  name: 'oncall.swap',
  summary: 'Has two people take over the turns of each other for a while',
  scope: 'operate',
  changes: true,
  route: 'POST /oncall/swaps',
  positional: ['rotation', 'person', 'with'],
  examples: ['upkeep oncall swap primary ann bob --from 2026-12-21 --to 2027-01-04'],
  input: z.object({
    rotation: z.string().describe('name of the rotation'),
    person: z.string().describe('one of the two'),
    with: z.string().describe('the other'),
    from: z.string().default('now').describe('2026-12-24 09:00, +2h or now'),
    to: z.string().describe('2026-12-24 09:00 or +7d'),
    why: z.string().max(500).default('').describe('goes into the schedule and the journal'),
  }),
  async run({ ctx, input, actor }): Promise<OverrideView[]> {
    const rotation = rotationNamed(ctx, input.rotation);
    const [one, other] = [personNamed(ctx, input.person).id, personNamed(ctx, input.with).id];
    if (one === other)
      throw new UpkeepError('bad-input', `with: ${one} cannot swap with ${other}; name the other person`);
    const now = ctx.clock.now();
    const span = spanOf(input, zoneOf(ctx, rotation), now, 'the swap');
    const made = [
      [one, other],
      [other, one],
    ].map(([person = '', replaces = '']) => ({
      ...{ id: ctx.newId(), rotation: rotation.name, person, replaces, ...span },
      ...{ by: actor.name, why: input.why },
    }));
    await ctx.store.transaction(async (tx) => {
      for (const override of made) await oncallRows.insertOverride(tx, { ...override, madeAt: now });
      await lookAtHandOffs(tx, now);
      const subject = `rotation:${rotation.name}`;
      const payload = { ids: made.map(({ id }) => id), person: one, with: other, ...span, why: input.why };
      await journal.append(tx, { at: now, actor: actor.name, kind: 'oncall.swapped', subject, payload });
    });
    ctx.changed();
    return made;
  },
});
