import { z } from 'zod';
import type { StatusPageView } from '../../core/status-page.ts';
import { defineVerb } from '../context.ts';
import { configured, viewOf } from './view.ts';

export const statusPageShow = defineVerb({
  name: 'status-page.show',
  summary: 'The public status page: what it says now, who may read it, where and when it was written',
  scope: 'read',
  changes: false,
  route: 'GET /status-page',
  positional: [],
  examples: ['upkeep status-page show'],
  input: z.object({}),
  async run({ ctx: { statusPage } }): Promise<StatusPageView> {
    const rendered = statusPage.current() ?? (await statusPage.look());
    return viewOf(configured(rendered), statusPage.problem());
  },
});
