import { z } from 'zod';
import { parseDuration } from '../../core/time.ts';

const duration = z.string().transform((text, ctx) => {
  const ms = parseDuration(text);
  if (ms === undefined || ms <= 0) ctx.addIssue({ code: 'custom', message: 'is no duration: use 6h or 1d' });
  return ms ?? z.NEVER;
});

export const statusPageConfig = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .describe('The page, `https://status.example.com`, or with `format: feed` its Atom or RSS feed'),
  format: z
    .enum(['statuspage', 'feed'])
    .default('statuspage')
    .describe('`statuspage` reads /api/v2/summary.json (Atlassian Statuspage and those that speak like it)'),
  components: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      'Names or ids of the components you use; of a feed, words of which one must occur. All where left out',
    ),
  openFor: duration
    .default(86_400_000)
    .describe('How long an entry of a feed that is not said to be over counts as open'),
});

export type StatusPageConfig = z.output<typeof statusPageConfig>;
