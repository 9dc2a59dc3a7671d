/** What is asked of an Upkeep again and again. */
import type { BackupView } from '../../../src/core/backup/view.ts';
import type { BackupList } from '../../../src/verbs/backup/list.ts';
import type { PlanName } from './estate.ts';
import type { Upkeep } from './upkeep.ts';

export async function listOf(upkeep: Upkeep, plan?: PlanName): Promise<BackupList> {
  const { body } = await upkeep.ask('GET', `/backups?limit=500${plan ? `&name=${plan}` : ''}`);
  return body as BackupList;
}

export async function goodOf(upkeep: Upkeep, plan: PlanName): Promise<BackupView[]> {
  const { backups } = await listOf(upkeep, plan);
  return backups.filter(({ state, copyOf }) => state === 'good' && copyOf === null);
}

/** Of answers that something else is under way, which then goes first however long it takes, or that the log is not there yet. */
const mostRefusals = 600;
const pauseMs = 200;

/** A backup or a drill that is due begins whenever it likes, and then goes first. @throws where it is not done */
export async function insist(upkeep: Upkeep, path: string, body: object): Promise<unknown> {
  for (let refusals = 0; ; refusals++) {
    const answer = await upkeep.ask('POST', path, body);
    if (answer.status === 200) return answer.body;
    if (answer.status !== 409 || refusals >= mostRefusals)
      throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 1_500)}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    await idle(upkeep);
  }
}

/** Until nothing is under way. */
export async function idle(upkeep: Upkeep): Promise<void> {
  while ((await listOf(upkeep)).plans.some(({ underWay }) => underWay !== null))
    await new Promise((resolve) => setTimeout(resolve, 100));
}
