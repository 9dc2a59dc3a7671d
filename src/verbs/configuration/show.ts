import { z } from 'zod';
import { defineVerb } from '../context.ts';

export const configurationShow = defineVerb({
  name: 'configuration.show',
  summary: 'Says which configuration is in force and what is wrong with a broken edit of it',
  scope: 'read',
  changes: false,
  route: 'GET /configuration',
  positional: [],
  examples: ['upkeep configuration show'],
  input: z.object({}),
  async run({ ctx }) {
    const { targets, services, notifiers, guard } = ctx.configuration();
    return {
      ...ctx.reading(),
      targets: targets.length,
      services: services.length,
      /** Whether there is a page for users; without one nobody needs to ask for it. */
      hasStatusPage: ctx.configuration().statusPage !== undefined,
      notifiers: notifiers.map(({ name, kind }) => ({ name, kind })),
      guard,
    };
  },
});
