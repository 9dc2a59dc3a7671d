import { z } from 'zod';
import { quietestSlots, type Rates } from '../../core/quiet-hours.ts';
import { parseDuration } from '../../core/time.ts';
import { UpkeepError } from '../../core/verb.ts';
import { defineVerb } from '../context.ts';

const hourMs = 3_600_000;
const historyMs = 28 * 24 * hourMs;
const shown = 3;
const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

export const maintenanceSuggest = defineVerb({
  name: 'maintenance.suggest',
  summary:
    'Finds the hours of the week with the least traffic, from what was measured in the last four weeks',
  scope: 'read',
  changes: false,
  route: 'GET /maintenance/suggest',
  positional: [],
  examples: ['upkeep maintenance suggest --for 1h', 'upkeep maintenance suggest --services shop --for 2h'],
  input: z.object({
    for: z.string().default('1h').describe('how long the work takes, at most 24h'),
    services: z.string().default('').describe('with commas between; all targets where left out'),
  }),
  async run({ ctx, input }) {
    const forMs = parseDuration(input.for);
    if (forMs === undefined || forMs <= 0 || forMs > 24 * hourMs)
      throw new UpkeepError('bad-input', 'for: give a duration of at most 24h, such as 1h');
    const { timezone, services } = ctx.configuration();
    const asked = input.services.split(',').filter(Boolean);
    const stranger = asked.find((name) => !services.some((service) => service.name === name));
    if (stranger !== undefined) throw new UpkeepError('bad-input', `services: there is no ${stranger}`);
    const names = asked.flatMap((name) => {
      const service = services.find((one) => one.name === name);
      return service ? [...service.targets, ...service.dependsOn] : [];
    });
    const to = ctx.clock.now();
    const rates: Rates[] = [];
    const by: string[] = [];
    for (const [target, { metrics }] of ctx.estate().targets) {
      if (names.length > 0 && !names.includes(target)) continue;
      for (const [metric, { isTraffic }] of Object.entries(metrics)) {
        if (!isTraffic) continue;
        const span = { target, metric, from: to - historyMs, to, stepMs: hourMs, counter: true };
        const found = await ctx.samples.aggregate(span);
        rates.push(...found.map(({ at, avg }) => ({ at, value: avg })));
        if (found.length > 0) by.push(`${target} ${metric}`);
      }
    }
    const slots = quietestSlots(rates, timezone, Math.ceil(forMs / hourMs));
    return {
      timezone,
      /** What the traffic was read from. */
      by,
      slots: (slots ?? []).slice(0, shown).map((slot) => ({
        ...slot,
        day: weekdays[slot.weekday - 1] ?? '',
        at: `${String(slot.hour).padStart(2, '0')}:00`,
      })),
      reason: slots
        ? null
        : by.length === 0
          ? 'unknown: nothing that shows traffic is watched (PostgreSQL, Redis, the network of a host)'
          : 'unknown: less than a week of traffic was measured so far',
    };
  },
});
