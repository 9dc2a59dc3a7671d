import { z } from 'zod';
import type { OverrideView } from '../../core/oncall/view.ts';
import { lookAtHandOffs } from '../../practices/oncall/hand-off.ts';
import * as journal from '../../store/journal.ts';
import * as oncallRows from '../../store/oncall.ts';
import { defineVerb } from '../context.ts';
import { personNamed, rotationNamed, spanOf, zoneOf } from './roster.ts';

export const oncallOverride = defineVerb({
  name: 'oncall.override',
  summary: 'Puts somebody on call for a while in the place of whoever would be',
  scope: 'operate',
  changes: true,
  route: 'POST /oncall/overrides',
  positional: ['rotation', 'person'],
  examples: [
    'upkeep oncall override primary bob --to +4h --why dentist',
    'upkeep oncall override primary bob --from "2026-12-24 09:00" --to "2026-12-27 09:00"',
  ],
  input: z.object({
    rotation: z.string().describe('name of the rotation'),
    person: z.string().describe('who takes over'),
    from: z.string().default('now').describe('2026-12-24 09:00, +2h or now'),
    to: z.string().describe('2026-12-24 09:00 or +4h'),
    why: z.string().max(500).default('').describe('goes into the schedule and the journal'),
  }),
  async run({ ctx, input, actor }): Promise<OverrideView> {
    const rotation = rotationNamed(ctx, input.rotation);
    const { id: person } = personNamed(ctx, input.person);
    const now = ctx.clock.now();
    const span = spanOf(input, zoneOf(ctx, rotation), now);
    const made = {
      ...{ id: ctx.newId(), rotation: rotation.name, person, replaces: null, ...span },
      ...{ by: actor.name, why: input.why },
    };
    await ctx.store.transaction(async (tx) => {
      await oncallRows.insertOverride(tx, { ...made, madeAt: now });
      await lookAtHandOffs(tx, now);
      const subject = `rotation:${rotation.name}`;
      const payload = { id: made.id, person, ...span, why: input.why };
      await journal.append(tx, { at: now, actor: actor.name, kind: 'oncall.overridden', subject, payload });
    });
    ctx.changed();
    return made;
  },
});
