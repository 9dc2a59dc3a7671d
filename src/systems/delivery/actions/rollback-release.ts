import { z } from 'zod';
import { type ActionContext, defineAction, type Plan, type Verdict } from '../../../core/action.ts';
import { demandPermit, demandSteps } from '../../../core/demand.ts';
import type { Permit } from '../../../core/guard.ts';
import type { DeliveryConnection } from '../connection.ts';
import { isReleaseName } from '../releases.ts';

export const rollbackRelease = defineAction<DeliveryConnection, z.ZodObject>({
  id: 'delivery.rollback-release',
  summary:
    'Puts an earlier release into force by switching the link or the image tag, by the declared commands',
  risk: 'risky',
  input: z.strictObject({
    to: z
      .string()
      .refine(isReleaseName, { error: 'is no name of a release' })
      .optional()
      .describe('the release to put into force; the one before the present where left out'),
  }),
  privileges:
    'Link: write access to the folder of the link. Commands: whatever the declared programs need; run Upkeep as a user that may run them, or declare sudo with one fixed command',

  async plan(conn, { to: wanted }, ctx) {
    const { releases, seen, config } = conn;
    const { release: from } = await releases.current(ctx.signal);
    const all = await releases.list(ctx.signal);
    const to = typeof wanted === 'string' ? wanted : all[all.indexOf(from) - 1];
    if (to === undefined) return { refused: `there is no release before ${from}` };
    if (to === from) return { refused: `${to} is in force already` };
    if (!all.includes(to))
      return { refused: `there is no release ${to}; there are ${all.slice(-8).join(', ')}` };
    const { health, errors } = config;
    return {
      summary: `roll back from ${from} to ${to}`,
      steps: releases.steps(to),
      before: { release: from, to, ...healthFacts(conn, ctx) },
      expect: [
        `${to} is in force`,
        ...(health ? [`${health} answers without errors`] : []),
        ...(errors ? [`${errors.metric} of ${errors.target} is below ${errors.below}`] : []),
      ].join(', '),
      undo: { possible: true, how: `forward again to ${from}: ${releases.steps(from).join(' && ')}` },
      verifyWithinMs: 60_000,
      holdMs: 30_000,
      // What was seen in force here is no new deployment.
      touches: seen.has(to) ? ['production-change'] : ['deploy'],
    };
  },

  async apply(conn, plan, permit, ctx) {
    return change(conn, plan, permit, ctx, String(plan.before.release), String(plan.before.to));
  },

  async verify(conn, plan, ctx) {
    const { release } = await conn.releases.current(ctx.signal);
    const after = { release, ...healthFacts(conn, ctx) };
    if (release !== plan.before.to)
      return { good: false, detail: `${release} is in force, not ${plan.before.to}`, after };
    return { ...health(conn, ctx), after };
  },

  async undo(conn, plan, permit, ctx) {
    return change(conn, plan, permit, ctx, String(plan.before.to), String(plan.before.release));
  },
});

async function change(
  { releases }: DeliveryConnection,
  plan: Plan,
  permit: Permit,
  ctx: ActionContext,
  from: string,
  to: string,
): Promise<string> {
  demandPermit(permit);
  demandSteps(plan, releases.steps(String(plan.before.to)));
  if (!isReleaseName(to) || !(await releases.list(ctx.signal)).includes(to))
    throw new Error(`there is no release ${to} any more`);
  const { release } = await releases.current(ctx.signal);
  if (release === to) return `${to} is in force already; nothing was done`;
  if (release !== from) throw new Error(`somebody put ${release} into force meanwhile; make a new plan`);
  await releases.switchTo(to, ctx.signal);
  return `${to} is in force, it was ${from}`;
}

/** Server errors count; what a probe of its own answers as declared is well. */
function health({ config }: DeliveryConnection, ctx: ActionContext): Verdict {
  const { health: target, errors } = config;
  const status = target === undefined ? undefined : ctx.latest(target, 'http.status')[0]?.value;
  if (status !== undefined && status >= 500) return { good: false, detail: `${target} answers ${status}` };
  if (errors) {
    const share = ctx.latest(errors.target, errors.metric)[0]?.value;
    if (share === undefined)
      return { good: false, detail: `${errors.metric} of ${errors.target} is unknown` };
    if (share >= errors.below)
      return {
        good: false,
        detail: `${errors.metric} of ${errors.target} is ${share}, not below ${errors.below}`,
      };
  }
  return { good: true, detail: 'the release is in force and nothing it serves fails' };
}

function healthFacts({ config }: DeliveryConnection, ctx: ActionContext): Record<string, number> {
  const { health: target, errors } = config;
  const status = target === undefined ? undefined : ctx.latest(target, 'http.status')[0]?.value;
  const share = errors === undefined ? undefined : ctx.latest(errors.target, errors.metric)[0]?.value;
  return {
    ...(status === undefined ? {} : { [`${target}.status`]: status }),
    ...(share === undefined || !errors ? {} : { [errors.metric]: share }),
  };
}
