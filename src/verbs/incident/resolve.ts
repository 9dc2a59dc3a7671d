import { z } from 'zod';
import type { Alert } from '../../core/alert.ts';
import { clearWithinMs, heldAfter } from '../../core/incident/conduct.ts';
import { isLeftOver } from '../../core/incident/hygiene.ts';
import { reopening } from '../../core/incident/reopen.ts';
import * as alertRows from '../../store/alerts.ts';
import * as incidentRows from '../../store/incidents.ts';
import { defineVerb, type VerbContext } from '../context.ts';
import { incidentView } from './views.ts';

export const incidentResolve = defineVerb({
  name: 'incident.resolve',
  summary: 'Ends an incident by hand',
  scope: 'operate',
  changes: true,
  repeatable: true,
  route: 'POST /incidents/:id/resolve',
  positional: ['id'],
  examples: ['upkeep incident resolve 01990d2c --note "rolled back the release"'],
  input: z.object({
    id: z.string().min(4).describe('its id, or the beginning of it'),
    note: z.string().max(2_000).default('').describe('what was done; goes into the journal'),
  }),
  async run({ ctx, input, actor }) {
    const { id } = await incidentRows.find(ctx.store.db, input.id);
    const resolved = await ctx.assessor.resolve(id, actor.name, input.note);
    const view = await incidentView(ctx, resolved);
    const held = await alertRows.held(ctx.store.db);
    const firing = held.filter((alert) => alert.heldBy === heldAfter(id) && !isLeftOver(alert, resolved));
    const at = view.resolvedAt === null || firing.length === 0 ? null : view.resolvedAt + clearWithinMs;
    return {
      ...view,
      /** What fires on; unless it clears in time it opens the incident again, or a new one that names it: `opens`. */
      stillFiring: firing.map(({ target, summary }) => ({ target, summary })),
      opensAgainAt: at,
      opens: at === null ? null : await opensAs(ctx, id, firing, at),
    };
  },
});

/** `again` where one of them opens the incident again; `new` where it is over for longer than `incidents.reopenWithin`. */
async function opensAs(
  { store, configuration }: VerbContext,
  id: string,
  firing: readonly Alert[],
  at: number,
): Promise<'again' | 'new'> {
  const ended = (await incidentRows.endedSince(store.db, at - clearWithinMs)).filter((one) => one.id === id);
  const { reopenWithinMs } = configuration().incidents;
  const isAgain = firing.some((alert) => reopening(alert, ended, at, reopenWithinMs).kind === 'reopen');
  return isAgain ? 'again' : 'new';
}
