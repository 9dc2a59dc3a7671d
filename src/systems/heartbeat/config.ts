import { z } from 'zod';
import { nextRun } from '../../clock.ts';
import { parseDuration } from '../../core/time.ts';

const duration = z.string().transform((text, ctx) => {
  const ms = parseDuration(text);
  if (ms === undefined || ms <= 0) ctx.addIssue({ code: 'custom', message: 'is no duration: use 10m or 1d' });
  return ms ?? z.NEVER;
});

export const heartbeatConfig = z
  .strictObject({
    cron: z
      .string()
      .min(1)
      .optional()
      .describe('When runs begin, as in crontab: minute hour day month weekday'),
    period: duration.optional().describe('How much time lies between two signals, instead of `cron`'),
    grace: duration
      .default(600_000)
      .describe('How late a run may be, or how long it may take, before it is late'),
    timezone: z.string().optional().describe('Of `cron`; that of upkeep.yaml where left out'),
    maxDuration: duration
      .optional()
      .describe('How long a run may take; a run that tells its start is measured'),
  })
  .refine(({ cron, period }) => (cron === undefined) !== (period === undefined), {
    path: ['cron'],
    message: 'give either cron or period',
  })
  .refine(({ cron, timezone }) => cron === undefined || isPattern(cron, timezone), {
    path: ['cron'],
    message: 'is no cron pattern of five fields, or the time zone does not exist',
  });

export type HeartbeatConfig = z.output<typeof heartbeatConfig>;

function isPattern(cron: string, timezone = 'UTC'): boolean {
  if (cron.trim().split(/\s+/).length !== 5 && !/^@\w+$/.test(cron)) return false;
  try {
    return nextRun(cron, timezone, 0) !== null;
  } catch {
    return false;
  }
}
