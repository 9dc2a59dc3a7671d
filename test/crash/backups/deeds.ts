/** What is done with backups while somebody is killed. */
import { join } from 'node:path';
import type { ActionView } from '../../../src/core/view.ts';
import type { Chance } from '../chance.ts';
import { goodOf } from './asking.ts';
import { type Estate, inShop, type PlanName, planNames } from './estate.ts';
import { proposedRemoval, ripeToMark } from './removals.ts';
import type { Answer, Upkeep } from './upkeep.ts';

export const deedKinds = [
  'take',
  'verify',
  'drill',
  'folder',
  'database',
  'over',
  'copy',
  'mark',
  'remove',
] as const;
export type DeedKind = (typeof deedKinds)[number];

export interface Deed {
  readonly kind: DeedKind;
  readonly plan: PlanName;
  readonly over: Promise<Answer>;
}

export const fits: Readonly<Record<DeedKind, readonly [PlanName, ...PlanName[]]>> = {
  take: planNames,
  verify: planNames,
  drill: ['pgbackrest', 'plain'],
  folder: ['pgbackrest', 'plain', 'redis', 'mysql', 'files'],
  database: ['logical', 'mysql'],
  over: ['logical'],
  copy: ['logical', 'redis', 'mysql'],
  mark: ['logical', 'files', 'pgbackrest', 'redis'],
  remove: ['logical', 'files', 'pgbackrest', 'redis'],
};

export function choose(
  chance: Chance,
  kinds: readonly DeedKind[],
  plans: readonly PlanName[],
): Pick<Deed, 'kind' | 'plan'> {
  const possible = kinds.filter((one) => fits[one].some((plan) => plans.includes(plan)));
  const kind = possible[chance.below(possible.length)];
  if (kind === undefined)
    throw new Error(`nothing of ${kinds.join(', ')} can be done with ${plans.join(', ')}`);
  const those = fits[kind].filter((plan) => plans.includes(plan));
  return { kind, plan: those[chance.below(those.length)] ?? fits[kind][0] };
}

/** @throws where the ground of it is not laid */
export async function begin(
  { upkeep, estate, round }: { readonly upkeep: Upkeep; readonly estate: Estate; readonly round: number },
  { kind, plan }: Pick<Deed, 'kind' | 'plan'>,
): Promise<Deed> {
  const post = (path: string, body: object) => upkeep.ask('POST', path, body);
  const [newest] = await goodOf(upkeep, plan);
  if (newest === undefined) throw new Error(`there is no good backup of ${plan}`);
  const restore = (into: string) => post(`/backups/${newest.id}/restore`, { into, why: 'a rehearsal' });
  const begun = (over: Promise<Answer>): Deed => ({ kind, plan, over });
  if (kind === 'take') return begun(post('/backups', { name: plan, prove: 'no' }));
  if (kind === 'verify') return begun(post(`/backups/${newest.id}/verify`, {}));
  if (kind === 'drill') return begun(post(`/backups/${plan}/verify`, { atRandom: 'yes' }));
  if (kind === 'folder') return begun(restore(`folder:${join(estate.restored, `r${round}`)}`));
  if (kind === 'database') return begun(restore(`database:restored_${round}`));
  if (kind === 'copy') {
    await post('/backups', { name: plan, prove: 'no' });
    return begun(post(`/backups/${plan}/copy`, {}));
  }
  if (kind === 'over') {
    await inShop(estate.postgres.url.replace(/postgres$/, 'shop'), [`UPDATE stamp SET round = ${round}`]);
    const { body } = await restore('over');
    const proposed = body as { proposed?: { action?: ActionView; refused?: string } };
    return begun(approved(upkeep, proposed.proposed?.action, JSON.stringify(body)));
  }
  if (kind === 'mark') {
    await ripeToMark({ upkeep, estate }, plan);
    return begun(post('/backups/expire', { name: plan }));
  }
  return begun(approved(upkeep, await proposedRemoval({ upkeep, estate }, plan), 'nothing is proposed'));
}

/** Until it has ended, or nobody answers any more. */
async function approved(upkeep: Upkeep, action: ActionView | undefined, said: string): Promise<Answer> {
  if (!action) return { status: 409, body: said };
  const { id, digest, state, judgement } = action;
  if (state === 'refused') return { status: 409, body: judgement };
  const answer = await upkeep.ask('POST', `/actions/${id}/approve`, { digest });
  if (answer.status !== 200) return answer;
  for (;;) {
    const { status, body } = await upkeep.ask('GET', `/actions/${id}`);
    if (status !== 200 || (body as ActionView).endedAt !== null) return { status, body };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
