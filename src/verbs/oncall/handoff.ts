import { z } from 'zod';
import { dutyView, horizonMs } from '../../core/oncall/duty.ts';
import type { HandOffView } from '../../core/oncall/view.ts';
import { handOffNote } from '../../practices/oncall/hand-off-note.ts';
import { defineVerb } from '../context.ts';
import { adjustments, rotationsOf, zoneOf } from './roster.ts';

export const oncallHandoff = defineVerb({
  name: 'oncall.handoff',
  summary:
    'Writes the hand-off note of the shift that runs: open incidents, what happened, silences, windows',
  scope: 'read',
  changes: false,
  route: 'GET /oncall/handoff',
  positional: ['rotation'],
  examples: ['upkeep oncall handoff', 'upkeep oncall handoff primary --json'],
  input: z.object({ rotation: z.string().optional().describe('only this rotation') }),
  async run({ ctx, input }): Promise<HandOffView[]> {
    const now = ctx.clock.now();
    const adjusted = await adjustments(ctx, now - horizonMs, now + horizonMs);
    const { people } = ctx.configuration().oncall;
    return Promise.all(
      rotationsOf(ctx, input.rotation).map((rotation) => {
        const { person, since, next } = dutyView(rotation, people, adjusted, now);
        return handOffNote(ctx, ctx.store.db, {
          ...{ rotation: rotation.name, person, next: next?.person ?? null, from: since, to: now },
          timezone: zoneOf(ctx, rotation),
        });
      }),
    );
  },
});
