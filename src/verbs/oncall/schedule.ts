import { z } from 'zod';
import { shiftView } from '../../core/oncall/duty.ts';
import { qualityOf } from '../../core/oncall/quality.ts';
import { shiftsOf } from '../../core/oncall/schedule.ts';
import type { ScheduleView } from '../../core/oncall/view.ts';
import { defineVerb } from '../context.ts';
import { adjustments, rotationsOf, spanOf, zoneOf } from './roster.ts';

export const oncallSchedule = defineVerb({
  name: 'oncall.schedule',
  summary: 'Shows the final schedule of a time with its gaps, who and why, and how good it is',
  scope: 'read',
  changes: false,
  route: 'GET /oncall/schedule',
  positional: ['rotation'],
  examples: [
    'upkeep oncall schedule primary',
    'upkeep oncall schedule --from 2026-12-01 --to 2027-01-01 --json',
  ],
  input: z.object({
    rotation: z.string().optional().describe('only this rotation'),
    from: z.string().default('now').describe('2026-12-24 09:00, +2h or now'),
    to: z.string().default('+14d').describe('2026-12-24 09:00 or +14d'),
  }),
  async run({ ctx, input }): Promise<ScheduleView[]> {
    const { people } = ctx.configuration().oncall;
    return Promise.all(
      rotationsOf(ctx, input.rotation).map(async (rotation) => {
        const timezone = zoneOf(ctx, rotation);
        const { from, to } = spanOf(input, timezone, ctx.clock.now());
        const shifts = shiftsOf(rotation, await adjustments(ctx, from, to), from, to);
        return {
          rotation: rotation.name,
          timezone,
          from,
          to,
          shifts: shifts.map((shift) => shiftView(shift, people)),
          quality: qualityOf(shifts, ctx.clock.now()),
        };
      }),
    );
  },
});
