/** What stands between each declared backup and its promise: what its engine sees in the system, and room on disks here. */
import { existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { BoundEngine } from '../../core/backup/engine.ts';
import { type LogTrouble, troubleNeeds } from '../../core/backup/log-trouble.ts';
import { type Need, type NeedsOrder, type NeedView, needView, roomNeeds } from '../../core/backup/needs.ts';
import { isInSecond } from '../../core/backup/second-standing.ts';
import type { BackupSettings } from '../../core/backup/settings.ts';
import { amount } from '../../core/rule-words.ts';
import * as rows from '../../store/backups.ts';
import { type Ground, messageOf, repositoryOf } from './ground.ts';

/** A server that does not answer holds nobody up. */
const askedForMs = 20_000;

export function orderOf(plan: BackupSettings): NeedsOrder {
  const { log, paths } = plan;
  return { folder: repositoryOf(plan), ...(log && { log }), ...(paths && { paths }) };
}

/** @param trouble why its log does not come */
export async function needsOf(
  ground: Ground,
  plan: BackupSettings,
  trouble: LogTrouble | null,
): Promise<NeedView[]> {
  const engine = ground.engineOf(plan);
  const seen = await asked(ground, plan, engine);
  const found = [
    ...troubleNeeds(trouble, ground.desk.clock.now()),
    ...[...seen.needs, ...(await roomOf(ground, plan, seen, engine)), ...passphraseNeeds(plan)],
  ];
  return found.map((need) => needView(need, plan.name, ground.restarterOf(plan.target)));
}

interface Seen {
  readonly needs: readonly Need[];
  readonly data: readonly string[];
  readonly fullBytes: number | null;
  readonly isElsewhere?: boolean;
}

async function asked({ desk, quietly }: Ground, plan: BackupSettings, engine: BoundEngine): Promise<Seen> {
  const { paths = [] } = plan;
  if (!engine.needs) return { needs: [], data: paths, fullBytes: null };
  const ctx = quietly();
  const stop = new AbortController();
  const cancel = desk.clock.after(askedForMs, () => stop.abort(new Error('no answer')));
  try {
    const signal = AbortSignal.any([ctx.signal, stop.signal]);
    const { needs, data, fullBytes, isElsewhere } = await engine.needs(orderOf(plan), { ...ctx, signal });
    return {
      ...{ needs, data: [...paths, ...(data === null ? [] : [data])], fullBytes },
      ...(isElsewhere && { isElsewhere }),
    };
  } catch (error) {
    ctx.signal.throwIfAborted();
    const what = `what ${plan.target} lacks for it cannot be seen: ${messageOf(error)}`;
    return { needs: [{ what, remedy: `upkeep investigate ${plan.target}` }], data: paths, fullBytes: null };
  } finally {
    cancel();
  }
}

async function roomOf(
  { desk }: Ground,
  plan: BackupSettings,
  seen: Seen,
  { elsewhere }: BoundEngine,
): Promise<Need[]> {
  const folder = nearest(plan.folder);
  const known = await rows.list(desk.store.db, {
    now: desk.clock.now(),
    plan: plan.name,
    states: ['good'],
    limit: 200,
  });
  const full = known.find(({ kind, copyOf }) => kind === 'full' && copyOf === null);
  try {
    const { bavail, bsize } = statfsSync(folder);
    const room = {
      ...{ folder: plan.folder, free: bavail * bsize, wanted: full?.bytes ?? seen.fullBytes },
      isWithData: seen.data.length === 0 ? null : seen.data.some((data) => isSameDisk(data, folder)),
      isCopied:
        plan.offsite !== undefined || isInBucket(plan) || seen.isElsewhere === true || known.some(isInSecond),
      elsewhere,
    };
    return roomNeeds(room, (bytes) => amount(bytes, 'bytes'));
  } catch (error) {
    return [{ what: `${folder} cannot be looked at: ${messageOf(error)}`, remedy: `ls -ld ${folder}` }];
  }
}

/** `to/NAME.env` names the bucket of its repository; nothing of it lies here then. */
function isInBucket({ engine, folder, name }: BackupSettings): boolean {
  return engine === 'host.files' && existsSync(`${folder}/${name}.env`);
}

/** Nobody can see from here where else it is written down, so it is said and does not count as lacking. */
function passphraseNeeds({ offsite, engine, folder, name }: BackupSettings): Need[] {
  const password = `${folder}/${name}.password`;
  const needs: Need[] = [];
  if (offsite)
    needs.push({
      what: 'the passphrase of the copies elsewhere is known to this machine',
      remedy: 'keep a copy of it elsewhere (a safe, a password manager): without it no copy can be read',
      isAdvice: true,
    });
  if (engine === 'host.files' && existsSync(password))
    needs.push({
      what: `the password of the repository stands in ${password} of this machine`,
      remedy: `cat ${password}   # keep a copy elsewhere: without it no backup can be read`,
      isAdvice: true,
    });
  return needs;
}

/** The folder itself, or the one above in which it would be made. */
function nearest(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder));
}

function isSameDisk(one: string, other: string): boolean {
  try {
    return statSync(one).dev === statSync(other).dev;
  } catch {
    return false;
  }
}
