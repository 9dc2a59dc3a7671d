import { z } from 'zod';
import type { LogLevel } from '../../core/log/line.ts';
import type { LogSource } from '../../core/log/view.ts';
import { defineVerb } from '../context.ts';
import { logInput, logsOf } from './span.ts';

/** Times are epoch milliseconds. */
export interface LogPatternsView {
  readonly target: string;
  readonly from: number;
  readonly to: number;
  readonly sources: readonly LogSource[];
  /** From when on a pattern that comes first is known to be new; null where no line was seen yet. */
  readonly followedSince: number | null;
  readonly patterns: readonly {
    /** Text from outside with its values replaced. */
    readonly pattern: string;
    readonly level: LogLevel;
    /** Lines in the span, and since it is known. */
    readonly lines: number;
    readonly total: number;
    readonly perMinute: number;
    readonly firstAt: number;
    readonly lastAt: number;
    readonly example: string;
  }[];
}

export const logPatterns = defineVerb({
  name: 'log.patterns',
  summary:
    'Groups the log lines of a target by pattern: how many, how grave, when first and last; secrets are taken out',
  scope: 'read',
  changes: false,
  route: 'GET /logs/:target/patterns',
  positional: ['target'],
  examples: ['upkeep log patterns db', 'upkeep log patterns web --level error --since 6h'],
  input: z.object({
    ...logInput,
    level: z.enum(['error', 'warning', 'info']).optional().describe('only of this gravity'),
  }),
  async run({ ctx, input }): Promise<LogPatternsView> {
    const { view, from, to } = logsOf(ctx, input);
    const minutes = Math.max(1, (to - from) / 60_000);
    const patterns = view.patterns
      .filter(({ level }) => input.level === undefined || level === input.level)
      .map(({ text, level, perMinute, count, firstAt, lastAt, example }) => {
        const inSpan = [...perMinute].filter(([minute]) => (minute + 1) * 60_000 > from);
        const lines = inSpan.reduce((sum, [, value]) => sum + value, 0);
        const rate = Math.round((lines / minutes) * 100) / 100;
        return { pattern: text, level, lines, total: count, perMinute: rate, firstAt, lastAt, example };
      })
      .sort((a, b) => b.lines - a.lines)
      .slice(0, input.limit);
    return { target: input.target, from, to, sources: view.sources, followedSince: view.since, patterns };
  },
});
