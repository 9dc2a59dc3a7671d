import { z } from 'zod';
import { allWindows } from '../../pipeline/holds.ts';
import { defineVerb } from '../context.ts';
import { windowView } from './view.ts';

export const maintenanceList = defineVerb({
  name: 'maintenance.list',
  summary: 'Maintenance windows: what runs, what comes next',
  scope: 'read',
  changes: false,
  route: 'GET /maintenance',
  positional: [],
  examples: ['upkeep maintenance list'],
  input: z.object({}),
  async run({ ctx }) {
    const now = ctx.clock.now();
    const windows = (await allWindows(ctx, ctx.store.db)).map((window) =>
      windowView(window, now, ctx.configuration().notifiers),
    );
    return windows.toSorted(
      (a, b) =>
        (a.next?.startsAt ?? Number.POSITIVE_INFINITY) - (b.next?.startsAt ?? Number.POSITIVE_INFINITY),
    );
  },
});
