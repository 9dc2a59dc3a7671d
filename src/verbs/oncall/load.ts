import { z } from 'zod';
import { askedAt, spansOf } from '../../core/incident/times.ts';
import { loadOf } from '../../core/oncall/load.ts';
import { shiftsOf } from '../../core/oncall/schedule.ts';
import type { LoadView } from '../../core/oncall/view.ts';
import * as journal from '../../store/journal.ts';
import * as pages from '../../store/pages.ts';
import { defineVerb } from '../context.ts';
import { countedIncidents } from '../incident/counted.ts';
import { adjustments } from './roster.ts';

const dayMs = 86_400_000;
const hourMs = 3_600_000;

export const oncallLoad = defineVerb({
  name: 'oncall.load',
  summary: 'Shows what on-call costs each person (pages by hour, nights) and how fast incidents are answered',
  scope: 'read',
  changes: false,
  route: 'GET /oncall/load',
  positional: [],
  examples: ['upkeep oncall load', 'upkeep oncall load --days 7 --json'],
  input: z.object({
    days: z.coerce.number().int().min(1).max(366).default(30).describe('how many days back'),
  }),
  async run({ ctx, input }): Promise<LoadView> {
    const to = ctx.clock.now();
    // Nobody was on call for an Upkeep that was not there yet.
    const began = (await journal.beganAt(ctx.store.db)) ?? to;
    const from = Math.max(to - input.days * dayMs, began);
    const { oncall, timezone } = ctx.configuration();
    const adjusted = await adjustments(ctx, from, to);
    const hoursOnCall = new Map<string, number>();
    for (const rotation of oncall.rotations) {
      for (const shift of shiftsOf(rotation, adjusted, from, to)) {
        if (shift.person === null) continue;
        const hours = (shift.to - shift.from) / hourMs;
        hoursOnCall.set(shift.person, (hoursOnCall.get(shift.person) ?? 0) + hours);
      }
    }
    const incidents = await countedIncidents(ctx, from, to);
    return loadOf({
      ...{ from, to, timezone, oncall, hoursOnCall },
      pages: await pages.sentBetween(ctx.store.db, from, to),
      incidents: incidents.map((one) => ({
        ...one,
        askedAt: askedAt(one),
        acknowledgeMs: spansOf(one).acknowledgeMs,
      })),
    });
  },
});
