import { z } from 'zod';
import { metricNamed } from '../../core/sample.ts';
import { unknownName } from '../../core/suggest.ts';
import { UpkeepError } from '../../core/verb.ts';
import type { SamplesView } from '../../core/view.ts';
import { defineVerb } from '../context.ts';
import { pastMoment } from '../moment.ts';

/** Asking for more points than a screen can show only costs time. */
const mostPoints = 2_000;
const times = '7d (so long ago), 2026-12-01T03:00:00Z, or epoch milliseconds';

export const samplesQuery = defineVerb({
  name: 'samples.query',
  summary: 'Gives one metric of one target over a span: minimum, mean, maximum and percentiles for each step',
  scope: 'read',
  changes: false,
  route: 'GET /samples',
  positional: ['target', 'metric'],
  examples: ['upkeep samples query web http.duration.total --json'],
  input: z.object({
    target: z.string().describe('name of the target'),
    metric: z.string().describe('name of the metric'),
    from: z.coerce.string().optional().describe(`${times}; an hour before its end when left out`),
    to: z.coerce.string().optional().describe(`${times}; now when left out`),
    step: z.coerce
      .number()
      .int()
      .min(1_000)
      .optional()
      .describe('milliseconds; the span divided by 300 when left out'),
  }),
  async run({ ctx, input }): Promise<SamplesView> {
    const watched = ctx.estate().targets.get(input.target);
    if (!watched)
      throw new UpkeepError(
        'not-found',
        unknownName('target', input.target, [...ctx.estate().targets.keys()]),
      );
    const now = ctx.clock.now();
    const at = (name: 'from' | 'to', otherwise: number) => {
      const text = input[name];
      if (text === undefined) return otherwise;
      const isEpoch = /^-?\d+$/.test(text) && Number.isSafeInteger(Number(text));
      return isEpoch ? Number(text) : pastMoment(name, text, ctx.configuration().timezone, now);
    };
    const to = at('to', now);
    const from = at('from', to - 3_600_000);
    if (from >= to) throw new UpkeepError('bad-input', 'from must be before to');
    const stepMs = Math.max(
      input.step ?? Math.ceil((to - from) / 300),
      Math.ceil((to - from) / mostPoints),
      1_000,
    );
    const counter = metricNamed(watched.metrics, input.metric)?.kind === 'counter';
    const series = await ctx.samples.aggregate({
      target: input.target,
      metric: input.metric,
      from,
      to,
      stepMs,
      counter,
    });
    return { target: input.target, metric: input.metric, from, to, stepMs, series };
  },
});
