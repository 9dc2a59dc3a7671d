import { z } from 'zod';
import type { FeedView } from '../../core/oncall/view.ts';
import * as oncallRows from '../../store/oncall.ts';
import { defineVerb } from '../context.ts';

export const oncallFeedList = defineVerb({
  name: 'oncall.feed-list',
  summary: 'Lists the calendars whose secret address was given out; the addresses themselves are not kept',
  scope: 'read',
  changes: false,
  route: 'GET /oncall/feeds',
  positional: [],
  examples: ['upkeep oncall feed-list'],
  input: z.object({}),
  run: ({ ctx }): Promise<FeedView[]> => oncallRows.feeds(ctx.store.db),
});
