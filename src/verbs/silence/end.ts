import { z } from 'zod';
import { UpkeepError } from '../../core/verb.ts';
import { releaseAt } from '../../pipeline/holds.ts';
import * as journal from '../../store/journal.ts';
import * as silences from '../../store/silences.ts';
import { defineVerb } from '../context.ts';
import { firingNow, silenceView } from './view.ts';

export const silenceEnd = defineVerb({
  name: 'silence.end',
  summary: 'Ends a silence at once; what it held back is judged now',
  scope: 'operate',
  changes: true,
  repeatable: true,
  route: 'DELETE /silences/:id',
  positional: ['id'],
  examples: ['upkeep silence end 01990d2c'],
  input: z.object({ id: z.string().min(4).max(64).describe('its id, or the beginning of it') }),
  async run({ ctx, input, actor }) {
    const now = ctx.clock.now();
    const ended = await ctx.store.transaction(async (tx) => {
      const meant = (await silences.active(tx, now)).filter(({ id }) => id.startsWith(input.id));
      const [only] = meant;
      if (!only)
        throw new UpkeepError(
          'not-found',
          `no silence that holds has an id that begins with ${input.id}; see upkeep silence list`,
        );
      if (meant.length > 1)
        throw new UpkeepError(
          'bad-input',
          `${meant.length} silences begin with ${input.id}; give more of the id`,
        );
      const silence = await silences.end(tx, only.id, now);
      await journal.append(tx, {
        at: now,
        actor: actor.name,
        kind: 'silence.ended',
        subject: `silence:${only.id}`,
        payload: { reason: only.reason, plannedEnd: only.endsAt },
      });
      await releaseAt(tx, now);
      return silence ?? only;
    });
    ctx.changed();
    return silenceView(ended, now, await firingNow(ctx), null);
  },
});
