/**
 * Removes backups by a permit: planned anew right before, from a catalogue that was held against every repository; one
 * after the other, what needs another before that other. Each is written down as being removed, renamed out of sight and then taken apart, so that a kill
 * leaves it whole or gone, never half.
 */
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { z } from 'zod';
import { removeBackups } from '../../core/backup/actions.ts';
import { type DeletionView, logWords, reasonWords, tallyOf } from '../../core/backup/deletion.ts';
import type { EngineContext, Held } from '../../core/backup/engine.ts';
import type { BackupSettings } from '../../core/backup/settings.ts';
import type { BackupView } from '../../core/backup/view.ts';
import { canonical } from '../../core/canonical.ts';
import { count } from '../../core/count.ts';
import { Permit } from '../../core/guard.ts';
import type { Plan } from '../../core/plan.ts';
import { amount } from '../../core/rule-words.ts';
import type { BoundAction } from '../../core/system.ts';
import * as rows from '../../store/backups.ts';
import type { BeforeRemoval } from './before-removal.ts';
import { createDeeds } from './deeds.ts';
import { type Deletion, type DeletionSources, youngestOf } from './deletion.ts';
import { type Ground, localRepository, messageOf } from './ground.ts';
import { removeLog } from './log-removal.ts';

const removedSuffix = '.removed';
const verifyWithinMs = 4 * 3_600_000;
const input = z.object({ plan: z.string().describe('name under backups: in upkeep.yaml') });

export interface Removal {
  readonly action: BoundAction;
  /** After a start, and at each look: what was being removed when Upkeep ended is gone, or it is good again. */
  settle(backup: BackupView, ctx: EngineContext): Promise<void>;
}

export function createRemoval(
  ground: Ground,
  deletion: Pick<Deletion, 'planned'>,
  hands: DeletionSources['hands'],
  obstacle: BeforeRemoval,
): Removal {
  const { desk, note, alone } = ground;
  const { store, clock } = desk;
  const deeds = createDeeds(clock);
  const keyOf = (plan: Plan) => desk.digest(canonical(plan));
  const quiet = (signal: AbortSignal): EngineContext => ({ signal, clock, progress() {} });

  async function demandAllThere(plan: BackupSettings, removed: number, ctx: EngineContext): Promise<void> {
    ctx.progress('asking every repository what it holds');
    const why = await obstacle(plan, ctx);
    if (why !== null) throw new Error(`nothing${removed > 0 ? ' more' : ''} was removed: ${why}`);
  }

  async function remove(plan: BackupSettings, before: Plan['before'], digest: string, ctx: EngineContext) {
    await demandAllThere(plan, 0, ctx);
    const { removals, view, log } = await deletion.planned(plan, ctx);
    const isSame = idsOf(removals) === before.backups && logOf(view) === (before.log ?? nothing);
    if (!isSame || view.preview?.agrees === false)
      throw new Error(
        `nothing was removed: the catalogue changed since this was planned: now ${tallyOf(view.decisions)}`,
      );
    for (const [index, backup] of removals.entries()) {
      ctx.signal.throwIfAborted();
      if (index > 0) await demandAllThere(plan, index, ctx);
      ctx.progress(`removing backup ${index + 1} of ${removals.length}`);
      await removeOne(plan, backup, digest, ctx);
    }
    if (log !== null && view.log !== null) {
      ctx.progress(`removing ${logWords(view.log)}`);
      await removeLog(ground, plan, log, ctx);
      const { files, bytes } = view.log;
      await store.transaction((tx) =>
        note(tx, 'upkeep', 'backup.log-removed', plan.name, { files, bytes, from: log.from, digest }),
      );
    }
    return `${whatGoes(removals, view)} of ${plan.name} removed, ${amount(bytesOf(removals, view), 'bytes')} freed`;
  }

  async function removeOne(plan: BackupSettings, backup: BackupView, digest: string, ctx: EngineContext) {
    const { id } = backup;
    await store.transaction(async (tx) => {
      if (!(await rows.move(tx, id, ['good'], 'removing')))
        throw new Error(`backup ${id} is not there any more as it was planned`);
      await note(tx, 'upkeep', 'backup.removing', plan.name, { id, digest });
    });
    try {
      await takeApart(plan, backup, ctx);
    } finally {
      const now = await rows.byId(store.db, id);
      if (now?.state === 'removing') await settle(now, ctx);
    }
    const after = await rows.byId(store.db, id);
    if (after?.state !== 'removed') throw new Error(`backup ${id} is still there`);
  }

  async function takeApart(plan: BackupSettings, backup: BackupView, ctx: EngineContext): Promise<void> {
    const hand = hands[backup.repository];
    if (hand) return hand.remove(plan, backup, ctx);
    if (backup.label === null) {
      if (backup.repository !== localRepository)
        throw new Error(`nothing here can delete in ${backup.repository}`);
      await rename(backup.folder, `${backup.folder}${removedSuffix}`);
      return;
    }
    const engine = ground.engineOf(plan);
    if (!engine.applyDeletion) throw new Error(`${engine.id} cannot delete`);
    await engine.applyDeletion({ folder: backup.folder }, [backup.label], ctx);
  }

  /** Whether its repository still has it. Throws where that cannot be seen: then nothing is decided. */
  async function isThere(backup: BackupView, ctx: EngineContext): Promise<boolean> {
    const hand = hands[backup.repository];
    if (hand) return (await hand.preview(ground.planOf(backup.plan), [backup], ctx)).includes(backup.id);
    if (backup.label === null) {
      if (backup.repository !== localRepository)
        throw new Error(`nothing here can look into ${backup.repository}`);
      return existsSync(backup.folder);
    }
    const engine = ground.engineOf(backup);
    const place = { folder: backup.folder };
    // What lies in a repository that cannot be read is not gone.
    const states = (await engine.repositories?.(place, ctx)) ?? [];
    const own = states.find(({ name = localRepository }) => name === backup.repository);
    if (own?.trouble) throw new Error(`repository ${backup.repository} cannot be read: ${own.trouble}`);
    const held = await engine.list?.(place, ctx);
    const isIt = (one: Held) =>
      one.label === backup.label && (one.repository ?? localRepository) === backup.repository;
    return held?.some(isIt) ?? true;
  }

  async function isWhole(backup: BackupView, ctx: EngineContext): Promise<boolean> {
    const hand = hands[backup.repository];
    return hand === undefined || hand.isWhole(ground.planOf(backup.plan), backup, ctx);
  }

  async function settle(backup: BackupView, ctx: EngineContext): Promise<void> {
    const { id, plan, folder, label } = backup;
    let isLeft = await isThere(backup, ctx);
    if (isLeft && !(await isWhole(backup, ctx))) {
      // It was permitted, and half of it is nobody's backup any more.
      await takeApart(ground.planOf(plan), backup, ctx);
      isLeft = await isThere(backup, ctx);
    }
    if (!isLeft && label === null) await rm(`${folder}${removedSuffix}`, { recursive: true, force: true });
    await store.transaction(async (tx) => {
      if (!(await rows.move(tx, id, ['removing'], isLeft ? 'good' : 'removed'))) return;
      await note(tx, 'upkeep', isLeft ? 'backup.kept' : 'backup.removed', plan, { id, bytes: backup.bytes });
    });
    desk.changed();
  }

  const action: BoundAction = {
    ...{ ...removeBackups, input },
    privileges:
      'the files of the plan; where a repository deletes for itself, what its engine needs for that',
    async plan(given, { signal }) {
      const plan = ground.planOf(input.parse(given).plan);
      const why = await obstacle(plan, quiet(signal)).catch(messageOf);
      if (why !== null) return { refused: `nothing of ${plan.name} is removed: ${why}` };
      const { removals, view, log } = await deletion.planned(plan, quiet(signal));
      if (removals.length === 0 && log === null)
        return {
          refused: [
            `nothing of ${plan.name} is to be removed: ${tallyOf(view.decisions)}`,
            ...view.held,
          ].join('; '),
        };
      if (view.preview?.agrees === false) return { refused: `refused: ${view.preview.detail}` };
      const bytes = bytesOf(removals, view);
      return {
        summary: `remove ${whatGoes(removals, view)} of ${plan.name} (${amount(bytes, 'bytes')})`,
        steps: [...removals.map((one) => stepOf(one, ground.moment)), ...logSteps(view)],
        before: { backups: idsOf(removals), bytes, log: logOf(view) },
        expect: 'they are gone, and everything else is still there',
        undo: { possible: false, how: 'what is removed is gone; it was marked for a week before' },
        ...{ verifyWithinMs, holdMs: 0, touches: ['backup-deletion'], subjects: [`backups of ${plan.name}`] },
        found: { youngestBackupAt: Math.max(youngestOf(removals), log?.newestAt ?? 0) },
      };
    },
    async apply(plan, permit) {
      if (!Permit.isGenuine(permit)) throw new Error('a backup is removed only with a permit of the guard');
      const settings = ground.planOf(input.parse(plan.input).plan);
      const key = keyOf(plan);
      return deeds.begin(key, 'begun; it goes on', () =>
        alone(settings.name, (ctx) => remove(settings, plan.before, permit.digest, ctx)),
      );
    },
    async verify(plan) {
      const deed = deeds.of(keyOf(plan));
      if (deed?.state === 'under-way') return { good: false, detail: 'it is being removed' };
      if (deed?.state === 'failed') return { good: false, detail: deed.detail, isFinal: true };
      const ids = String(plan.before.backups).split(', ').filter(Boolean);
      const found = await Promise.all(ids.map((id) => rows.byId(store.db, id)));
      if (found.some((one) => one?.state === 'removing'))
        return { good: false, detail: 'what was cut off is not looked after yet' };
      const left = found.filter((one) => one?.state !== 'removed').length;
      if (left > 0)
        return {
          good: false,
          detail: `${count(left, 'backup')} of ${ids.length} still there`,
          isFinal: true,
        };
      const { log = nothing } = plan.before;
      const settings = ground.planOf(String(plan.input.plan));
      if (log !== nothing && logOf((await deletion.planned(settings, ground.quietly())).view) === log)
        return { good: false, detail: `${log} still there`, isFinal: true };
      const others = await rows.list(store.db, {
        now: clock.now(),
        plan: String(plan.input.plan),
        states: ['good'],
        limit: 20_000,
      });
      const lost = others.filter((one) => isFolder(one) && !existsSync(one.folder));
      return lost.length > 0
        ? {
            good: false,
            detail: `${count(lost.length, 'other backup')} gone as well: ${lost[0]?.folder}`,
            isFinal: true,
          }
        : { good: true, detail: `gone; ${count(others.length, 'other backup')} still there` };
    },
  };

  return { action, settle };
}

const nothing = 'nothing';

function logOf({ log }: DeletionView): string {
  return log === null ? nothing : logWords(log);
}

function logSteps(view: DeletionView): string[] {
  if (view.log === null) return [];
  return [
    `remove ${logOf(view)}, ${amount(view.log.bytes, 'bytes')}: older than what any backup that stays begins with`,
  ];
}

function whatGoes(removals: readonly BackupView[], { log }: DeletionView): string {
  const backups = removals.length === 0 && log !== null ? [] : [count(removals.length, 'backup')];
  return [...backups, ...(log === null ? [] : [count(log.files, 'file') + ' of the log'])].join(' and ');
}

function bytesOf(removals: readonly BackupView[], { log }: DeletionView): number {
  return removals.reduce((sum, one) => sum + one.bytes, log?.bytes ?? 0);
}

function isFolder({ repository, label }: BackupView): boolean {
  return repository === localRepository && label === null;
}

function idsOf(backups: readonly BackupView[]): string {
  return backups.map(({ id }) => id).join(', ');
}

/** Without an age: the same plan made a day later has the same words. */
function stepOf(backup: BackupView, moment: Ground['moment']): string {
  const { id, folder, label, repository, startedAt, bytes } = backup;
  const what = label === null ? folder : `${label} in ${folder}`;
  const where = repository === localRepository ? what : `${label === null ? id : what} in ${repository}`;
  return `remove ${where}, taken ${moment(startedAt)}, ${amount(bytes, 'bytes')}: ${reasonWords['old-enough']}`;
}
