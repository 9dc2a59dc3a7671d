import { z } from 'zod';
import { parseDuration } from '../../core/time.ts';

const duration = z.string().transform((text, ctx) => {
  const ms = parseDuration(text);
  if (ms === undefined || ms <= 0) ctx.addIssue({ code: 'custom', message: 'is no duration: use 10m or 1d' });
  return ms ?? z.NEVER;
});
const labels = z.record(z.string(), z.string());

export const alertmanagerConfig = z.strictObject({
  targetLabel: z
    .string()
    .default('target')
    .describe('Label whose value is the name of the target that an alert is about'),
  about: z
    .array(z.strictObject({ match: labels, target: z.string().min(1) }))
    .default([])
    .describe('Targets by labels, the first that fits; where none does, the alert belongs to this target'),
  severityLabel: z.string().default('severity').describe('Label that says how grave an alert is'),
  critical: z
    .array(z.string())
    .default(['critical', 'page', 'error', 'fatal', 'emergency'])
    .describe('Values of it that are critical; others are warnings'),
  ignore: z
    .array(labels)
    .default([{ severity: 'none' }])
    .describe('Alerts with these labels are left out and counted'),
  watchdog: z
    .string()
    .default('Watchdog')
    .describe('Name of the alert that always fires; it only shows that its source is alive'),
  silentAfter: duration
    .optional()
    .describe(
      'After so long without any word the source counts as down; needs a watchdog that is sent more often',
    ),
  forgetAfter: duration
    .default(25 * 3_600_000)
    .describe(
      'How long an alert without an end is believed when it is not repeated; more than repeat_interval',
    ),
});

export type AlertmanagerConfig = z.output<typeof alertmanagerConfig>;
