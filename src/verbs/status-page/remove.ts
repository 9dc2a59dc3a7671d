import { z } from 'zod';
import { UpkeepError } from '../../core/verb.ts';
import * as journal from '../../store/journal.ts';
import * as statusRows from '../../store/status-page.ts';
import { defineVerb } from '../context.ts';

export const statusPageRemove = defineVerb({
  name: 'status-page.remove',
  summary: 'Deletes a subscriber of the status page',
  scope: 'admin',
  changes: true,
  repeatable: true,
  route: 'DELETE /status-page/subscribers/:address',
  positional: ['address'],
  examples: ['upkeep status-page remove ann@example.org'],
  input: z.object({ address: z.string().min(1).describe('mail address') }),
  async run({ ctx, input, actor }) {
    const address = input.address.trim().toLowerCase();
    const id = await ctx.store.transaction(async (tx) => {
      const found = await statusRows.byAddress(tx, address);
      if (!found) throw new UpkeepError('not-found', `nobody is subscribed as ${address}`);
      await statusRows.remove(tx, found.id);
      // The journal keeps what it is told for ever, so it is never told an address.
      const entry = { at: ctx.clock.now(), actor: actor.name, kind: 'subscriber.ended' };
      await journal.append(tx, { ...entry, subject: `subscriber:${found.id}`, payload: {} });
      return found.id;
    });
    ctx.changed();
    return { id, address };
  },
});
