import { z } from 'zod';
import { parseDuration } from '../../core/time.ts';

const duration = z.string().transform((text, ctx) => {
  const ms = parseDuration(text);
  if (ms === undefined || ms <= 0) ctx.addIssue({ code: 'custom', message: 'is no duration: use 1m or 1h' });
  return ms ?? z.NEVER;
});

export const receivedConfig = z.strictObject({
  from: z
    .record(z.string().min(1), z.string())
    .refine((labels) => Object.keys(labels).length > 0, 'names no label')
    .describe(
      'Whose metrics these are: `service.name` of OTLP, `job` and `instance` of Prometheus; all must fit',
    ),
  metrics: z
    .array(z.string().min(1))
    .min(1)
    .default(['*'])
    .describe('Names to keep; `*` stands for any part of a name'),
  keepLabels: z
    .array(z.string().min(1))
    .optional()
    .describe('Labels to keep; series that differ only in others are added up. All where left out'),
  maxSeries: z.int().min(1).max(10_000).default(200).describe('Series kept at most; the rest is counted'),
  silentAfter: duration.default(300_000).describe('After so long without any point the source is down'),
});

export type ReceivedConfig = z.output<typeof receivedConfig>;
