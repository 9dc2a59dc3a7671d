import { z } from 'zod';
import {
  fillTemplate,
  placeholders,
  updateStatuses,
  updateTemplates,
  usualStatus,
} from '../../core/incident/update.ts';
import { UpkeepError } from '../../core/verb.ts';
import * as incidentRows from '../../store/incidents.ts';
import { defineVerb } from '../context.ts';
import { incidentId, knownNames, namesList, yesOrNo } from './fields.ts';
import { placeholderValues } from './placeholder-values.ts';

export const incidentUpdate = defineVerb({
  name: 'incident.update',
  summary:
    'Tells stakeholders how an incident stands: sent to the notifiers named, public for the status page',
  scope: 'operate',
  changes: true,
  adds: true,
  route: 'POST /incidents/:id/updates',
  positional: ['id'],
  examples: [
    'upkeep incident update 01990d2c --status identified --notify ops --public yes',
    'upkeep incident update 01990d2c --status monitoring --text "We repaired {services} and are watching."',
  ],
  input: z.object({
    id: incidentId,
    status: z.enum(updateStatuses).optional().describe('how it stands; as the incident is when left out'),
    text: z
      .string()
      .trim()
      .max(4_000)
      .default('')
      .describe(`Markdown; a text for the status when left out. It may name {${placeholders.join('}, {')}}`),
    notify: namesList.describe('notifiers that send it, with commas between'),
    public: yesOrNo.describe('whether the status page shows it'),
    next: z.string().default('1h').describe('when you will tell more, for {next}: 30m, 1h'),
  }),
  async run({ ctx, input, actor }) {
    const incident = await incidentRows.find(ctx.store.db, input.id);
    const status = input.status ?? usualStatus(incident);
    const to = knownNames(ctx, 'notifier', input.notify);
    const given = input.text === '' ? updateTemplates[status] : input.text;
    const filled = fillTemplate(given, placeholderValues(ctx, incident, status, input.next));
    if (filled.kind === 'unknown') {
      const names = filled.names.map((name) => `{${name}}`).join(', ');
      throw new UpkeepError(
        'bad-input',
        `text: there is no ${names}; there are {${placeholders.join('}, {')}}, and {{ for a brace`,
      );
    }
    const update = { status, text: filled.text, isPublic: input.public };
    return ctx.assessor.sendUpdate(incident.id, update, to, actor.name);
  },
});
