import { z } from 'zod';
import { defineVerb } from '../context.ts';
import { knownNames, levelField, namesList } from './fields.ts';
import { incidentView } from './views.ts';

export const incidentDeclare = defineVerb({
  name: 'incident.declare',
  summary: 'Opens an incident by hand and calls people as for any other; it ends by hand too',
  scope: 'operate',
  changes: true,
  adds: true,
  route: 'POST /incidents',
  positional: ['title'],
  examples: ['upkeep incident declare "Customers cannot pay" --level high --services api'],
  input: z.object({
    title: z.string().trim().min(3).max(200).describe('what is wrong, in a few words'),
    level: levelField.default('high'),
    services: namesList.describe('services it reaches, with commas between'),
    targets: namesList.describe('targets it is about; those of the services when left out'),
    note: z.string().max(2_000).default('').describe('what is known so far'),
  }),
  async run({ ctx, input, actor }) {
    const services = knownNames(ctx, 'service', input.services);
    const named = knownNames(ctx, 'target', input.targets);
    const theirs = ctx.configuration().services.filter(({ name }) => services.includes(name));
    const targets = named.length > 0 ? named : [...new Set(theirs.flatMap((service) => service.targets))];
    const { title, level, note } = input;
    const made = await ctx.assessor.declare({ title, level, services, targets, note }, actor.name);
    return { ...(await incidentView(ctx, made)), alike: made.alike };
  },
});
