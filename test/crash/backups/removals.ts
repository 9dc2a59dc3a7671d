/** What must be so before a backup may be marked and removed: age, newer ones that are proven, a clock that is trusted, no trouble. */
import { removeBackups } from '../../../src/core/backup/actions.ts';
import type { BackupView } from '../../../src/core/backup/view.ts';
import type { ActionView } from '../../../src/core/view.ts';
import type { Expiry } from '../../../src/practices/recovery/deletion.ts';
import { goodOf, idle, insist, listOf } from './asking.ts';
import type { Estate, PlanName } from './estate.ts';
import type { Upkeep } from './upkeep.ts';

export interface Site {
  readonly upkeep: Upkeep;
  readonly estate: Estate;
}

export const dayMs = 86_400_000;
/** A mark, a week, and once more where a start that came late has taken the one that waited. */
const weeksToRemoval = 3;
const wellWithinMs = 120_000;

/** One full goes in a run, and what is marked waits a week: looks and waits until something is proposed. @throws what stays, and why */
export async function proposedRemoval(site: Site, plan: PlanName): Promise<ActionView> {
  for (let weeks = 0; ; weeks++) {
    const { proposals, deletions } = await expiry(site, plan);
    const proposed = await waiting(site, plan);
    if (proposed) return proposed;
    if (weeks === weeksToRemoval)
      throw new Error(`nothing of ${plan} is proposed: ${saidOf(deletions)} ${JSON.stringify(proposals)}`);
    await jump(site, 8 * dayMs);
    await freshen(site, plan);
  }
}

/** The look of each day may have proposed it before ours. */
async function waiting({ upkeep }: Site, name: PlanName): Promise<ActionView | undefined> {
  const { body } = await upkeep.ask('GET', '/actions?limit=100');
  return (body as ActionView[]).find(
    ({ plan, state }) =>
      plan.action === removeBackups.id && plan.input.plan === name && state === 'awaiting-approval',
  );
}

/** Until the next look would mark something. @throws what stays, and why */
export async function ripeToMark(site: Site, plan: PlanName): Promise<void> {
  for (let weeks = 0; ; weeks++) {
    const { body } = await site.upkeep.ask('GET', `/backups/deletion?name=${plan}`);
    const deletions = body as Expiry['deletions'];
    if (deletions.some(({ decisions }) => decisions.some(({ kind }) => kind === 'mark'))) return;
    if (weeks === weeksToRemoval) throw new Error(`nothing of ${plan} would be marked: ${saidOf(deletions)}`);
    await jump(site, 8 * dayMs);
    await freshen(site, plan);
  }
}

/** Looks, again and again while trouble that is mended holds it still. @throws what holds it */
export async function expiry({ upkeep }: Site, plan: PlanName): Promise<Expiry> {
  const end = Date.now() + wellWithinMs;
  for (;;) {
    const told = (await insist(upkeep, '/backups/expire', { name: plan })) as Expiry;
    const held = told.deletions.flatMap((one) => one.held);
    if (held.length === 0) return told;
    if (Date.now() > end) throw new Error(`removals of ${plan} are held: ${held.join('; ')}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

function saidOf(deletions: Expiry['deletions']): string {
  const said = deletions.flatMap(({ held, decisions }) => [
    ...held,
    ...decisions.map(({ kind, reason }) => `${kind}: ${reason}`),
  ]);
  return [...new Set(said)].join('; ');
}

/** Lays what a removal needs: backups over a month old, and two that are proven since. */
export async function ageForRemoval(
  site: Site,
  plans: readonly PlanName[],
  { days, takes }: { readonly days: number; readonly takes: number },
): Promise<void> {
  for (const plan of plans)
    for (let n = (await goodOf(site.upkeep, plan)).length; n < takes; n++)
      await insist(site.upkeep, '/backups', { name: plan, prove: 'no' });
  await jump(site, days * dayMs);
  for (const plan of plans) for (let n = 0; n < 2; n++) await freshen(site, plan);
}

/**
 * A proven backup of everything of the same target: what was due and was cut off by a jump, or was not proven for so long,
 * holds the removals of its neighbours too.
 */
async function freshen({ upkeep, estate }: Site, plan: PlanName): Promise<void> {
  const { plans } = await listOf(upkeep);
  const target = plans.find(({ name }) => name === plan)?.target;
  for (const one of estate.plans) {
    if (plans.find(({ name }) => name === one)?.target !== target) continue;
    const taken = (await insist(upkeep, '/backups', { name: one, prove: 'yes' })) as BackupView;
    if (taken.state !== 'good' || taken.proofs[0]?.isGood !== true)
      throw new Error(`after a jump ${one} is not proven: ${JSON.stringify(taken).slice(0, 1_500)}`);
  }
}

/** When nothing is under way Upkeep starts again so much later, and somebody says that the clock is right. */
export async function jump(
  { upkeep, estate }: Site,
  ms: number,
  { isKilled = false }: { readonly isKilled?: boolean } = {},
): Promise<void> {
  await idle(upkeep);
  if (isKilled) await upkeep.kill();
  else await upkeep.stop();
  upkeep.aheadMs += ms;
  estate.setAhead(upkeep.aheadMs);
  await upkeep.start();
  await insist(upkeep, '/backups/trust-clock', { why: 'the test moved it' });
}
