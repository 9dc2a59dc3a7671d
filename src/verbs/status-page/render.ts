import { z } from 'zod';
import type { StatusPageView } from '../../core/status-page.ts';
import { UpkeepError } from '../../core/verb.ts';
import { defineVerb } from '../context.ts';
import { configured, viewOf } from './view.ts';

export const statusPageRender = defineVerb({
  name: 'status-page.render',
  summary: 'Writes the status page into its folder now',
  scope: 'operate',
  changes: true,
  adds: true,
  repeatable: true,
  route: 'POST /status-page/render',
  positional: [],
  examples: ['upkeep status-page render'],
  input: z.object({}),
  async run({ ctx: { statusPage } }): Promise<StatusPageView> {
    try {
      return viewOf(configured(await statusPage.render()), null);
    } catch (error) {
      if (error instanceof UpkeepError) throw error;
      throw new UpkeepError('refused', error instanceof Error ? error.message : String(error));
    }
  },
});
