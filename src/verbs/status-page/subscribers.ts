import { z } from 'zod';
import * as statusRows from '../../store/status-page.ts';
import { defineVerb } from '../context.ts';

export const statusPageSubscribers = defineVerb({
  name: 'status-page.subscribers',
  summary: 'Who gets mails of the status page, and who has not confirmed yet',
  scope: 'admin',
  changes: false,
  route: 'GET /status-page/subscribers',
  positional: [],
  examples: ['upkeep status-page subscribers'],
  input: z.object({}),
  async run({ ctx }) {
    const found = await statusRows.subscribers(ctx.store.db);
    return found.map(({ id, address, createdAt, confirmedAt }) => ({ id, address, createdAt, confirmedAt }));
  },
});
