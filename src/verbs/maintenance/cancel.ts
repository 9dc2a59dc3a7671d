import { z } from 'zod';
import { UpkeepError } from '../../core/verb.ts';
import { releaseAt } from '../../pipeline/holds.ts';
import * as journal from '../../store/journal.ts';
import * as windowRows from '../../store/windows.ts';
import { defineVerb } from '../context.ts';

export const maintenanceCancel = defineVerb({
  name: 'maintenance.cancel',
  summary: 'Takes back a window that was planned by hand; what it held back is judged now',
  scope: 'operate',
  changes: true,
  repeatable: true,
  route: 'DELETE /maintenance/:name',
  positional: ['name'],
  examples: ['upkeep maintenance cancel new-disk'],
  input: z.object({ name: z.string().min(1).max(60).describe('name of the window') }),
  async run({ ctx, input, actor }) {
    const now = ctx.clock.now();
    await ctx.store.transaction(async (tx) => {
      if (!(await windowRows.remove(tx, input.name))) {
        const isConfigured = ctx.configuration().maintenance.some(({ name }) => name === input.name);
        throw new UpkeepError(
          isConfigured ? 'conflict' : 'not-found',
          isConfigured
            ? `${input.name} stands in ${ctx.reading().file ?? 'upkeep.yaml'}; take it out there`
            : `no window is called ${input.name}; see upkeep maintenance list`,
        );
      }
      await journal.append(tx, {
        at: now,
        actor: actor.name,
        kind: 'maintenance.cancelled',
        subject: `maintenance:${input.name}`,
        payload: {},
      });
      await releaseAt(tx, now);
    });
    ctx.changed();
    return { cancelled: input.name };
  },
});
