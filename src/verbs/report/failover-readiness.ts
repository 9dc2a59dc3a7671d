/** Whether a pair of `failover:` could fail over just now: asked of the servers, as the plan of the promotion asks them. */
import { timestamp } from '../../clock.ts';
import type { FailoverSettings } from '../../core/failover.ts';
import { type Promotion, untoldFailover } from '../../core/failover-told.ts';
import type { FailoverReadiness } from '../../core/recovery-plan/readiness.ts';
import { servicesReached } from '../../core/topology.ts';
import { commandLine } from '../../machine/run-program.ts';
import * as alertRows from '../../store/alerts.ts';
import type { VerbContext } from '../context.ts';

export const isPromotion = (action: string) => action.endsWith('.promote');

export async function readinessOf(
  ctx: VerbContext,
  pair: FailoverSettings,
  done: readonly Promotion[],
): Promise<FailoverReadiness> {
  const { targets, topology } = ctx.estate();
  const { replica } = pair;
  const base = { services: servicesReached(topology, pair.primary), hurts: await hurtsOf(ctx, replica) };
  const untold = untoldFailover(pair, done, { program: commandLine, moment: timestamp });
  if (untold !== null) return { ...base, state: 'cannot', reason: untold };
  const action = targets.get(replica)?.bound.actions.find(({ id }) => isPromotion(id))?.id;
  if (action === undefined) return { ...base, state: 'unknown', reason: `${replica} is not watched now` };
  try {
    const found = await ctx.actor.explain({ action, target: replica, input: {}, why: 'recovery plan' });
    const { judgement } = found;
    const reasons = [
      ...('refused' in found ? [found.refused] : []),
      ...(judgement.kind === 'deny' ? [`the guard would refuse it: ${judgement.reason}`] : []),
    ];
    return { ...base, state: reasons.length > 0 ? 'cannot' : 'ready', reason: reasons.join('; ') };
  } catch (error) {
    return { ...base, state: 'unknown', reason: error instanceof Error ? error.message : String(error) };
  }
}

/** By the check of the replica, where its alert is open. */
async function hurtsOf({ store }: VerbContext, replica: string): Promise<string> {
  const open = await alertRows.open(store.db);
  return (
    open.find(({ rule, target }) => target === replica && rule.endsWith('.failover-not-ready'))?.detail ?? ''
  );
}
