import { z } from 'zod';
import { dutyView, horizonMs } from '../../core/oncall/duty.ts';
import type { DutyView } from '../../core/oncall/view.ts';
import { defineVerb } from '../context.ts';
import { adjustments, rotationsOf } from './roster.ts';

export const oncallNow = defineVerb({
  name: 'oncall.now',
  summary: 'Shows who is on call in each rotation at this moment, why, until when, and who follows',
  scope: 'read',
  changes: false,
  route: 'GET /oncall/now',
  positional: ['rotation'],
  examples: ['upkeep oncall now', 'upkeep oncall now primary --json'],
  input: z.object({ rotation: z.string().optional().describe('only this rotation') }),
  async run({ ctx, input }): Promise<DutyView[]> {
    const now = ctx.clock.now();
    const adjusted = await adjustments(ctx, now - horizonMs, now + horizonMs);
    const { people } = ctx.configuration().oncall;
    return rotationsOf(ctx, input.rotation).map((rotation) => dutyView(rotation, people, adjusted, now));
  },
});
