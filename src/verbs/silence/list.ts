import { z } from 'zod';
import * as silences from '../../store/silences.ts';
import { defineVerb } from '../context.ts';
import { reachable } from './reachable.ts';
import { firingNow, silenceView } from './view.ts';

const mostShown = 200;

export const silenceList = defineVerb({
  name: 'silence.list',
  summary: 'Silences that hold now, and what they hold back',
  scope: 'read',
  changes: false,
  route: 'GET /silences',
  positional: [],
  examples: ['upkeep silence list', 'upkeep silence list --all'],
  input: z.object({
    all: z
      .preprocess((value) => value === 'true' || value, z.boolean().default(false))
      .describe('ended ones too'),
  }),
  async run({ ctx, input }) {
    const now = ctx.clock.now();
    const firing = await firingNow(ctx);
    const found = input.all
      ? await silences.list(ctx.store.db, mostShown)
      : await silences.active(ctx.store.db, now);
    const known = found.length === 0 ? null : await reachable(ctx);
    return found.map((silence) => silenceView(silence, now, firing, silence.endsAt > now ? known : null));
  },
});
