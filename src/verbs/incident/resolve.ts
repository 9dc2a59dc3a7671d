import { z } from 'zod';
import { clearWithinMs, heldAfter } from '../../core/incident/conduct.ts';
import { isLeftOver } from '../../core/incident/hygiene.ts';
import * as alertRows from '../../store/alerts.ts';
import * as incidentRows from '../../store/incidents.ts';
import { defineVerb } from '../context.ts';
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
    return {
      ...view,
      /** What fires on; it opens the incident again unless it clears in time. */
      stillFiring: firing.map(({ target, summary }) => ({ target, summary })),
      opensAgainAt: firing.length > 0 && view.resolvedAt !== null ? view.resolvedAt + clearWithinMs : null,
    };
  },
});
