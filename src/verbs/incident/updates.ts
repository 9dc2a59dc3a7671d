import { z } from 'zod';
import {
  fillTemplate,
  type UpdateStatus,
  updateStatuses,
  updateTemplates,
  usualStatus,
} from '../../core/incident/update.ts';
import * as incidentRows from '../../store/incidents.ts';
import * as updates from '../../store/updates.ts';
import { defineVerb } from '../context.ts';
import { incidentId } from './fields.ts';
import { placeholderValues } from './placeholder-values.ts';

export const incidentUpdates = defineVerb({
  name: 'incident.updates',
  summary: 'Gives what stakeholders were told of an incident, and a draft of what could be told next',
  scope: 'read',
  changes: false,
  route: 'GET /incidents/:id/updates',
  positional: ['id'],
  examples: ['upkeep incident updates 01990d2c'],
  input: z.object({ id: incidentId }),
  async run({ ctx, input }) {
    const incident = await incidentRows.find(ctx.store.db, input.id);
    const draft = (status: UpdateStatus) => {
      const filled = fillTemplate(updateTemplates[status], placeholderValues(ctx, incident, status, '1h'));
      return { status, text: filled.kind === 'filled' ? filled.text : updateTemplates[status] };
    };
    return {
      updates: await updates.ofIncident(ctx.store.db, incident.id),
      next: usualStatus(incident),
      drafts: updateStatuses.map(draft),
    };
  },
});
