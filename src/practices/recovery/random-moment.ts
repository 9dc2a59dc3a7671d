/** Which moment is restored by a drill that nobody chose. */
import { chooseMoment } from '../../core/backup/drill.ts';
import { nextRepository } from '../../core/backup/drill-schedule.ts';
import { UpkeepError } from '../../core/verb.ts';
import * as rows from '../../store/backups.ts';
import type { Ground } from './ground.ts';
import type { Heartbeats } from './heartbeats.ts';

const looksAt = 200;
const lookBackMs = 86_400_000;

/** @throws UpkeepError where no moment can be chosen, with the reason */
export async function randomMoment(
  ground: Ground,
  heartbeats: Heartbeats | undefined,
  name: string,
  random: () => number,
): Promise<{ readonly backup: string; readonly until: number }> {
  const plan = ground.planOf(name);
  if (!ground.engineOf(plan).keepsLog)
    throw new UpkeepError(
      'conflict',
      `${plan.engine} keeps no log, so ${name} can be restored to its backups alone: verify one of them by its id`,
    );
  const { clock, store } = ground.desk;
  const now = clock.now();
  const covered = (await heartbeats?.coveredUntil(plan, now)) ?? null;
  if (covered === null)
    throw new UpkeepError(
      'conflict',
      `no heartbeat of ${plan.target} says how far its log is kept: is the target checked, and does its log go anywhere? upkeep target show ${plan.target}`,
    );
  const known = await rows.list(store.db, { now: clock.now(), plan: name, states: ['good'], limit: looksAt });
  // Each in turn: what was never restored out of a repository is not known to lie in it.
  const from = nextRepository(known);
  const backups = known
    .filter(
      ({ repository, copyOf, proofs }) =>
        repository === from && copyOf === null && proofs[0]?.isGood !== false,
    )
    .map(({ id, endedAt, startedAt }) => ({ id, endedAt: endedAt ?? startedAt }));
  const [first] = (await heartbeats?.of(plan.target, now - lookBackMs, now)) ?? [];
  const choice = chooseMoment(backups, first?.at ?? now, covered, now, random);
  if (choice === null)
    throw new UpkeepError(
      'conflict',
      `no moment of the last day can be restored: the log of ${name} is covered up to ${ground.moment(covered)}, and no good backup and heartbeat is from before`,
    );
  return { backup: choice.backup.id, until: choice.until };
}
