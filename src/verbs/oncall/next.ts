import { z } from 'zod';
import { horizonMs, nameOf } from '../../core/oncall/duty.ts';
import { handOffsOf, type Shift, shiftsOf } from '../../core/oncall/schedule.ts';
import { reasonText } from '../../core/oncall/view.ts';
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
    return rotationsOf(ctx, input.rotation).flatMap((rotation) => {
      const shifts = shiftsOf(rotation, adjusted, now, now + horizonMs);
      return handOffsOf(shifts)
        .slice(0, input.limit)
        .map((one) => ({
          rotation: rotation.name,
          at: one.at,
          when: wallText(one.at, zoneOf(ctx, rotation)),
          from: one.from,
          fromName: nameOf(people, one.from),
          to: one.to,
          name: nameOf(people, one.to),
          why: whyAt(shifts, one.at, (id) => nameOf(people, id) ?? id),
        }));
    });
  },
});

/** Only what departs from the plan: an override that begins or ends, somebody who is away. */
function whyAt(shifts: readonly Shift[], at: number, named: (id: string) => string): string {
  const before = shifts.find(({ to }) => to === at);
  const after = shifts.find(({ from }) => from === at);
  if (after && (after.reason.kind === 'override' || after.reason.kind === 'absence'))
    return reasonText(after.reason, named);
  return before?.reason.kind === 'override' ? `the ${reasonText(before.reason, named)} ends` : '';
}
