import { z } from 'zod';
import { defineVerb } from '../context.ts';

export const pushList = defineVerb({
  name: 'push.list',
  summary: 'Lists who pushes metrics and alerts: what each target takes, and what belongs to none',
  scope: 'read',
  changes: false,
  route: 'GET /pushes',
  positional: [],
  examples: ['upkeep push list'],
  input: z.object({}),
  async run({ ctx }) {
    const { pushed, alerts, inboxOf } = ctx.intake;
    const takers = [...ctx.estate().targets].flatMap(([target, { bound }]) => {
      if (!bound.receiving?.claims && !bound.receiving?.place) return [];
      const receipt = inboxOf(target).receipt();
      return [{ target, ...(receipt ?? { lastAt: null, series: 0, dropped: 0 }) }];
    });
    return {
      targets: takers,
      /** Origins that no target claims: declare one with these in `from`. */
      unclaimed: pushed.unclaimed(),
      points: { ...pushed.counts },
      alertSources: alerts.sources(),
    };
  },
});
