import { z } from 'zod';
import { horizonMs, nameOf } from '../../core/oncall/duty.ts';
import { handOffsOf, shiftsOf } from '../../core/oncall/schedule.ts';
import { wallText } from '../../core/oncall/wall-time.ts';
import { defineVerb } from '../context.ts';
import { adjustments, rotationsOf, zoneOf } from './roster.ts';

export const oncallNext = defineVerb({
  name: 'oncall.next',
  summary: 'Lists the hand-offs to come, of each rotation the next ones',
  scope: 'read',
  changes: false,
  route: 'GET /oncall/next',
  positional: ['rotation'],
  examples: ['upkeep oncall next', 'upkeep oncall next primary --limit 10 --json'],
  input: z.object({
    rotation: z.string().optional().describe('only this rotation'),
    limit: z.coerce.number().int().min(1).max(100).default(3).describe('at most this many of each rotation'),
  }),
  async run({ ctx, input }) {
    const now = ctx.clock.now();
    const { people } = ctx.configuration().oncall;
    const adjusted = await adjustments(ctx, now, now + horizonMs);
    return rotationsOf(ctx, input.rotation).flatMap((rotation) =>
      handOffsOf(shiftsOf(rotation, adjusted, now, now + horizonMs))
        .slice(0, input.limit)
        .map((one) => ({
          rotation: rotation.name,
          at: one.at,
          when: wallText(one.at, zoneOf(ctx, rotation)),
          from: one.from,
          to: one.to,
          name: nameOf(people, one.to),
        })),
    );
  },
});
