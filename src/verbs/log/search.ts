import { z } from 'zod';
import type { LogLine } from '../../core/log/book.ts';
import type { LogSource } from '../../core/log/view.ts';
import { defineVerb } from '../context.ts';
import { logInput, logsOf } from './span.ts';

export interface LogSearchView {
  readonly target: string;
  readonly from: number;
  readonly to: number;
  readonly sources: readonly LogSource[];
  /** Oldest first. Text from outside, whatever it says. */
  readonly lines: readonly LogLine[];
  /** How many more there were. */
  readonly leftOut: number;
}

export const logSearch = defineVerb({
  name: 'log.search',
  summary:
    'Shows log lines of a target that are kept: the newest, the errors and what surrounds an onset; secrets are taken out',
  scope: 'read',
  changes: false,
  route: 'GET /logs/:target',
  positional: ['target', 'text'],
  examples: [
    'upkeep log search db',
    'upkeep log search web timeout --since 30m',
    'upkeep log search db --level error',
  ],
  input: z.object({
    ...logInput,
    text: z.string().max(200).optional().describe('only lines that hold this text, in any case'),
    level: z.enum(['error', 'warning', 'info']).optional().describe('only of this gravity'),
  }),
  async run({ ctx, input }): Promise<LogSearchView> {
    const { view, from, to } = logsOf(ctx, input);
    const wanted = input.text?.toLowerCase() ?? '';
    const found = view.lines.filter(
      ({ text, level }) =>
        (input.level === undefined || level === input.level) && text.toLowerCase().includes(wanted),
    );
    const lines = found.slice(-input.limit);
    return {
      target: input.target,
      from,
      to,
      sources: view.sources,
      lines,
      leftOut: found.length - lines.length,
    };
  },
});
