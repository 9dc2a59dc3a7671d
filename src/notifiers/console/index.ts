import { z } from 'zod';
import { defineNotifier } from '../../core/notifier.ts';
import { escapeControl } from './escape.ts';
import { prettyMessage } from './pretty.ts';

export const consoleNotifier = defineNotifier({
  kind: 'console',
  summary: 'Writes every message to the terminal that Upkeep runs in',
  config: z.strictObject({
    format: z
      .enum(['pretty', 'json'])
      .default('pretty')
      .describe('pretty: a block for people · json: one line for programs'),
  }),
  hasLinks: false,
  // Lines of a terminal wake nobody.
  tracksIncidents: () => true,
  async send({ format }, message, { print, timezone }) {
    const text =
      format === 'json' ? escapeControl(JSON.stringify(message)) : prettyMessage(message, timezone);
    print(`${text}\n`);
    return { kind: 'delivered' };
  },
});
