import { z } from 'zod';
import { unknownName } from '../../core/suggest.ts';
import { UpkeepError } from '../../core/verb.ts';
import * as alertRows from '../../store/alerts.ts';
import { defineVerb } from '../context.ts';

export const targetInvestigate = defineVerb({
  name: 'target.investigate',
  summary: 'Looks at a target and all it needs, now, and ranks what it finds; all targets when none is named',
  scope: 'read',
  changes: false,
  route: 'GET /investigate',
  positional: ['target'],
  examples: ['upkeep investigate', 'upkeep investigate db --json'],
  input: z.object({
    target: z.string().optional().describe('name of a target or service; everything when left out'),
  }),
  async run({ ctx, input }) {
    const { targets } = ctx.estate();
    const service = ctx.configuration().services.find((one) => one.name === input.target);
    const names = input.target === undefined ? [...targets.keys()] : (service?.targets ?? [input.target]);
    const unknown = names.find((name) => !targets.has(name));
    if (unknown !== undefined) {
      throw new UpkeepError(
        'not-found',
        unknownName('target or service', unknown, [
          ...targets.keys(),
          ...ctx.configuration().services.map((one) => one.name),
        ]),
      );
    }
    const alerts = (await alertRows.open(ctx.store.db)).filter(
      ({ state, isHygiene }) => state === 'firing' && !isHygiene,
    );
    const found = await ctx.diagnostician.investigate(names, alerts);
    return { targets: names, at: ctx.clock.now(), ...found };
  },
});
