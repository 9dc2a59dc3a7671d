/** What a team writes about scaling; the same words for every system that can. */
import { z } from 'zod';
import { parseDuration } from '../time.ts';
import { defaultScaling, type Scaling } from './track.ts';

const span = (fallback: number) =>
  z
    .string()
    .transform((text, ctx) => {
      const ms = parseDuration(text);
      if (ms === undefined) ctx.addIssue({ code: 'custom', message: 'is no duration: use 30s or 5m' });
      return ms ?? z.NEVER;
    })
    .default(fallback);

const aim = z
  .union([z.number(), z.string()])
  .transform((value, ctx) => {
    const percent = typeof value === 'string' ? /^(\d+(?:\.\d+)?)\s*%$/.exec(value.trim())?.[1] : undefined;
    const number = typeof value === 'number' ? value : percent === undefined ? Number.NaN : +percent / 100;
    if (number > 0 && Number.isFinite(number)) return number;
    ctx.addIssue({ code: 'custom', message: 'is no load: use 70% or a number above 0' });
    return z.NEVER;
  })
  .default(defaultScaling.target);

/** More than this is no small team's machine; a mistake of a digit shall not start a thousand. */
export const mostCopies = 64;
const number = z.number().int().min(1).max(mostCopies);

const metric = z
  .strictObject({
    target: z.string().min(1).describe('Target that it is measured on'),
    name: z.string().min(1).describe('The metric: `haproxy.backend.sessions`; its series are added up'),
    shared: z
      .boolean()
      .default(true)
      .describe('Whether the copies share it, as requests or a queue; `false` for a time or a ratio'),
  })
  .describe('What the load is, where it is not the CPU that the copies use');

/** The fields of `scale:`, beside what the system itself needs. */
export const scalingFields = {
  min: number.default(defaultScaling.least).describe('Never fewer copies; the declared one is the first'),
  max: number.default(defaultScaling.most).describe('Never more copies'),
  aim: aim.describe('Load of a copy that is aimed at: 70% of a core, or a number of what `metric` counts'),
  outAfter: span(defaultScaling.outAfterMs).describe('Above it for so long: more copies'),
  inAfter: span(defaultScaling.inAfterMs).describe('Below it for so long: one copy less'),
  cooldown: span(defaultScaling.cooldownMs).describe('Nothing is changed for so long after a change'),
  metric: metric.optional(),
};

const fields = z.strictObject(scalingFields);
export type ScalingSettings = z.output<typeof fields>;

export function scalingOf(settings: ScalingSettings): Scaling {
  const { min: least, max: most, aim: target } = settings;
  return {
    least,
    most,
    target,
    outAfterMs: settings.outAfter,
    inAfterMs: settings.inAfter,
    cooldownMs: settings.cooldown,
  };
}
