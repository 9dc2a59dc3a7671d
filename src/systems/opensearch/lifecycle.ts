/**
 * Whether the policy of an index still goes on. `action.failed` alone does not tell: it was seen false while a rollover
 * failed for weeks (index-management#853), so steps are judged by their age and by what they say of themselves.
 */
import { z } from 'zod';

const condition = z.object({ condition: z.unknown(), current: z.unknown() });

/** Of `_plugins/_ism/explain`, as index-management#853 and #1359 show it. */
const managed = z.object({
  policy_id: z.string().nullish(),
  enabled: z.boolean().nullish(),
  policy_completed: z.boolean().nullish(),
  state: z.object({ name: z.string() }).nullish(),
  action: z
    .object({ name: z.string(), failed: z.boolean().nullish(), start_time: z.number().nullish() })
    .nullish(),
  step: z
    .object({ name: z.string(), start_time: z.number().nullish(), step_status: z.string().nullish() })
    .nullish(),
  retry_info: z.object({ failed: z.boolean().nullish(), consumed_retries: z.number().nullish() }).nullish(),
  info: z
    .looseObject({
      cause: z.string().nullish(),
      message: z.string().nullish(),
      conditions: z.record(z.string(), condition).nullish(),
    })
    .nullish(),
});

export const ismExplain = z.record(z.string(), z.unknown());

/** Of `_all/_ilm/explain`, Elasticsearch's own. */
export const ilmExplain = z.object({
  indices: z
    .record(
      z.string(),
      z.object({
        managed: z.boolean().default(false),
        policy: z.string().nullish(),
        action: z.string().nullish(),
        step: z.string().nullish(),
        failed_step: z.string().nullish(),
        step_info: z.looseObject({ reason: z.string().nullish() }).nullish(),
      }),
    )
    .default({}),
});

export interface Managed {
  readonly index: string;
  readonly policy: string;
  readonly action: string;
  readonly step: string;
  /** Why it does not go on; undefined while it does. */
  readonly trouble: string | undefined;
  /** Since when it stands in this step, epoch milliseconds. */
  readonly since: number | undefined;
  /** `action.failed`, which may be false all the same. */
  readonly saysFailed: boolean;
}

const minuteMs = 60_000;
/** The policy job runs every 5 minutes; a step that does work is meant to be through in half an hour, these take longer. J */
const usualMs = 30 * minuteMs;
const longSteps: Readonly<Record<string, number>> = {
  force_merge: 12 * 60 * minuteMs,
  shrink: 6 * 60 * minuteMs,
  snapshot: 6 * 60 * minuteMs,
  allocation: 6 * 60 * minuteMs,
  replica_count: 2 * 60 * minuteMs,
};

export function managedBy(explained: z.output<typeof ismExplain>, now: number): Managed[] {
  return Object.entries(explained).flatMap(([index, value]) => {
    const parsed = managed.safeParse(value);
    if (!parsed.success || !parsed.data.policy_id) return [];
    const { policy_id: policy, action, step } = parsed.data;
    const since = step?.start_time ?? action?.start_time ?? undefined;
    return [
      {
        index,
        policy,
        action: action?.name ?? '?',
        step: step?.name ?? '?',
        since,
        trouble: troubleOf(parsed.data, since, now),
        saysFailed: action?.failed === true || parsed.data.retry_info?.failed === true,
      },
    ];
  });
}

function troubleOf(
  one: z.output<typeof managed>,
  since: number | undefined,
  now: number,
): string | undefined {
  if (one.policy_completed === true) return undefined;
  const said = one.info?.cause || one.info?.message || 'no word why';
  if (one.info?.cause) return one.info.cause;
  if (one.action?.failed === true || one.retry_info?.failed === true || one.step?.step_status === 'failed')
    return said;
  if (one.enabled === false) return `its job is switched off: ${said}`;
  const age = since === undefined ? undefined : now - since;
  if (one.step?.step_status === 'condition_not_met') return overdue(one.info?.conditions ?? {});
  if (one.step?.step_status === 'completed' || age === undefined) return undefined;
  const expected = longSteps[one.action?.name ?? ''] ?? usualMs;
  return age > 2 * expected ? `the step has run for longer than it may: ${said}` : undefined;
}

/** A wait is no fault, however long, until a condition is met twice over and nothing comes of it. */
function overdue(conditions: Readonly<Record<string, z.output<typeof condition>>>): string | undefined {
  for (const [name, { condition: wanted, current }] of Object.entries(conditions)) {
    const [goal, now] = [amountOf(wanted), amountOf(current)];
    if (goal !== undefined && now !== undefined && goal > 0 && now > 2 * goal)
      return `${name} is ${String(current)} and was to be ${String(wanted)}, yet nothing follows`;
  }
  return undefined;
}

const amounts: Readonly<Record<string, number>> = {
  '': 1,
  ms: 1,
  s: 1_000,
  m: minuteMs,
  h: 60 * minuteMs,
  d: 1_440 * minuteMs,
  b: 1,
  kb: 1_024,
  mb: 1_024 ** 2,
  gb: 1_024 ** 3,
  tb: 1_024 ** 4,
};

function amountOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  const [, amount, unit = ''] = (typeof value === 'string' && /^([\d.]+)([a-z]*)$/.exec(value)) || [];
  const factor = amounts[unit];
  return amount === undefined || factor === undefined ? undefined : Number(amount) * factor;
}

export function managedByIlm({ indices }: z.output<typeof ilmExplain>): Managed[] {
  return Object.entries(indices)
    .filter(([, one]) => one.managed)
    .map(([index, one]) => ({
      index,
      policy: one.policy ?? '?',
      action: one.action ?? '?',
      step: one.failed_step ?? one.step ?? '?',
      since: undefined,
      trouble: one.step === 'ERROR' ? (one.step_info?.reason ?? 'the step ERROR') : undefined,
      saysFailed: one.step === 'ERROR',
    }));
}
