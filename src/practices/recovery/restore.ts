/**
 * Restores a backup: into a folder or a new database at once, over what lives only as an action that the guard permits.
 * Whatever is asked for is planned first, and the plan says what would be lost.
 */
import { dirname, isAbsolute } from 'node:path';
import { z } from 'zod';
import { timestamp } from '../../clock.ts';
import { restoreOver } from '../../core/backup/actions.ts';
import { choiceOf, passedOver } from '../../core/backup/choice.ts';
import type {
  EngineContext,
  Restored,
  RestoreInto,
  RestoreOrder,
  RestorePlan,
} from '../../core/backup/engine.ts';
import { failureWords, shortened } from '../../core/backup/failure-words.ts';
import { offsiteRepository } from '../../core/backup/offsite-standing.ts';
import type { BackupSettings } from '../../core/backup/settings.ts';
import { failureOf } from '../../core/backup/standing.ts';
import type { BackupView } from '../../core/backup/view.ts';
import { provenRestoreOf } from '../../core/backup/view.ts';
import { canonical } from '../../core/canonical.ts';
import { Permit } from '../../core/guard.ts';
import type { Plan } from '../../core/plan.ts';
import type { BoundAction } from '../../core/system.ts';
import { UpkeepError } from '../../core/verb.ts';
import * as rows from '../../store/backups.ts';
import { createDeeds } from './deeds.ts';
import type { Logs } from './follow.ts';
import { type Ground, localRepository, messageOf, placeOf } from './ground.ts';
import type { Offsite } from './offsite/index.ts';
import { planCopyRestore, withFetched } from './offsite/restore-copy.ts';
import { lackingWords, missingWords } from './there.ts';
import { strikeOut, undertake } from './undertakings.ts';

export interface RestoreWish {
  /** A backup's id or how that begins, or a name under `backups:`: then the newest good one that fits is taken. */
  readonly of: string;
  /** Epoch milliseconds; null for as late as possible. */
  readonly until: number | null;
  readonly into: RestoreInto;
  /** With a name under `backups:`: out of that repository, `offsite` or `repo2`; the plan's own where left out. */
  readonly from?: string | undefined;
}

export interface RestorePlanView extends RestorePlan {
  readonly backup: string;
  readonly plan: string;
  readonly target: string;
  readonly startedAt: number;
  /** What it takes in its repository. */
  readonly storedBytes: number;
  readonly into: RestoreInto;
  /** What speaks against this very backup; null where nothing does. */
  readonly doubt: string | null;
  /** The newer one that is not taken, why, and what is whole elsewhere with its command; null where the newest is. */
  readonly passedOver: string | null;
}

export interface RestoredView extends Restored {
  /** The moment that was asked for; null for as late as possible. */
  readonly asked: number | null;
  /** What is left to do by hand, in order: how it is started, what is led over. */
  readonly left: readonly string[];
  readonly backup: string;
  readonly plan: string;
}

export interface Restoring {
  /** Changes nothing. */
  planned(wish: RestoreWish): Promise<RestorePlanView>;
  /** Into a folder or a new database. @throws UpkeepError where it cannot be done, or is asked for over what lives */
  restore(wish: RestoreWish, by: string): Promise<RestoredView>;
  readonly action: BoundAction;
}

/** Steps of a plan that nobody but the reader does begin so. */
const byYou = 'you: ';
const verifyWithinMs = 24 * 3_600_000;
const wholeCatalogue = 20_000;
const input = z.object({
  backup: z.string().min(4).describe('id of the backup'),
  until: z.number().nullable().default(null).describe('a point in time, epoch milliseconds'),
});

export function createRestoring(
  ground: Ground,
  { fetch, find, unopened }: Pick<Offsite, 'fetch' | 'find' | 'unopened'>,
  heartbeats?: Logs['heartbeats'],
): Restoring {
  const { desk, alone, note } = ground;
  const { clock, store } = desk;
  const deeds = createDeeds(clock);
  const keyOf = (plan: Plan) => desk.digest(canonical(plan));

  async function chosen({ of, until, from = localRepository }: RestoreWish): Promise<BackupView> {
    const plan = ground.plans().find(({ name }) => name === of);
    if (plan) {
      const listed = () =>
        rows.list(store.db, { now: clock.now(), plan: of, states: ['good'], limit: wholeCatalogue });
      let known = await listed();
      let best = choiceOf(known, { until, from });
      if (!best && from === offsiteRepository) {
        await lookElsewhere([plan]);
        known = await listed();
        best = choiceOf(known, { until, from });
      }
      if (best) return best;
      const [gone] = await rows.list(store.db, { now: clock.now(), plan: of, states: ['missing'], limit: 1 });
      if (known.length === 0 && gone) return gone;
      const locked = from === offsiteRepository ? unopened(of) : null;
      const oldest = known.findLast(({ repository }) => repository === from);
      throw new UpkeepError(
        'not-found',
        oldest
          ? `no backup of ${of} is from before that moment; the oldest is from ${ground.moment(oldest.startedAt)}`
          : (locked ??
              `there is no good backup of ${of}${from === localRepository ? '' : ` in ${from}`}: upkeep backup list ${of}`),
      );
    }
    const backup = await ground.backupOf(of).catch(async (error: unknown) => {
      const isSought = error instanceof UpkeepError && error.code === 'not-found';
      if (!isSought || (await lookElsewhere(ground.plans())) === 0) throw error;
      return ground.backupOf(of);
    });
    if (backup.state !== 'good' && backup.state !== 'missing')
      throw new UpkeepError('conflict', `backup ${of} is ${backup.state}: there is nothing to restore`);
    return backup;
  }

  /** After a loss of the place here nothing is known yet of what lies elsewhere. */
  async function lookElsewhere(plans: readonly BackupSettings[]): Promise<number> {
    const { found, trouble } = await find(plans);
    if (found === 0 && trouble !== null)
      throw new UpkeepError('conflict', `what lies elsewhere cannot be seen: ${trouble}`);
    return found;
  }

  /** With the command that restores it; null where there is none, or this is a copy itself. */
  async function wholeAway({ plan, copyOf }: BackupView): Promise<string | null> {
    if (copyOf !== null) return null;
    const known = await rows.list(store.db, {
      now: clock.now(),
      plan,
      states: ['good'],
      limit: wholeCatalogue,
    });
    const whole = known.find((one) => one.copyOf !== null && one.proofs[0]?.isGood);
    if (!whole) return null;
    return `the copy elsewhere of ${ground.moment(whole.startedAt)} is whole: upkeep backup restore ${whole.id.slice(0, 13)} --into ${placeFor(whole)}`;
  }

  /** With the command that restores what is newer and whole, to the same place where that can be. */
  async function passedOverBy(wish: RestoreWish, taken: BackupView): Promise<string | null> {
    const { of, until, from = localRepository, into } = wish;
    if (!ground.plans().some(({ name }) => name === of)) return null;
    const known = await rows.list(store.db, {
      now: clock.now(),
      plan: of,
      states: ['good'],
      limit: wholeCatalogue,
    });
    const over = passedOver(known, { until, from }, taken);
    if (over === null) return null;
    const { backup, why, elsewhere } = over;
    const said = `the newer one ${backup.id.slice(0, 13)} of ${ground.moment(backup.startedAt)} is not taken: its last proof failed at ${why}`;
    if (elsewhere === null) return `${said}; none that is whole and newer than this is known elsewhere`;
    const where =
      elsewhere.repository === localRepository ? 'the one here' : `the one in ${elsewhere.repository}`;
    const place = into.kind === 'over' && elsewhere.copyOf !== null ? placeFor(elsewhere) : placeWords(into);
    return `${said}; ${where} of ${ground.moment(elsewhere.startedAt)} is whole: upkeep backup restore ${elsewhere.id.slice(0, 13)} --into ${place}`;
  }

  function placeFor({ engine, target, plan }: BackupView): string {
    const places = ground.engineOf({ engine, target }).restoresInto ?? ['folder'];
    return places.includes('database') ? `database:${plan}_restored` : 'folder:/srv/restored';
  }

  async function missingOf(backup: BackupView): Promise<string | null> {
    const missing = missingWords(backup, ground.moment);
    if (missing !== null) return missing;
    return lackingWords(backup, (await rows.manifestOf(store.db, backup.id)) ?? {}, ground.moment);
  }

  async function orderOf(backup: BackupView, { into, until }: RestoreWish): Promise<RestoreOrder> {
    const manifest = (await rows.manifestOf(store.db, backup.id)) ?? {};
    const beats = await heartbeats?.(backup.target, until);
    return { ...placeOf(backup), manifest, into, until, ...(beats && { heartbeats: beats }) };
  }

  async function planned(wish: RestoreWish): Promise<RestorePlanView> {
    const backup = await chosen(wish);
    const engine = ground.engineOf(backup);
    const { id, plan: name, target, bytes: storedBytes } = backup;
    const about = { backup: id, plan: name, target, storedBytes, into: wish.into };
    if (wish.into.kind === 'folder' && !isAbsolute(wish.into.folder))
      throw new UpkeepError('bad-input', `into: folder:${wish.into.folder} must begin with /`);
    const nothing = { reaches: null, losses: [], steps: [], restoredBytes: null };
    const missing = await missingOf(backup);
    const plan: RestorePlan =
      missing !== null
        ? { ...nothing, impossible: missing }
        : backup.copyOf !== null
          ? await planCopyRestore(backup, await orderOf(backup, wish), engine, ground)
          : engine.planRestore && engine.restore
            ? await engine.planRestore(await orderOf(backup, wish), ground.quietly())
            : { ...nothing, impossible: `${engine.id} cannot restore yet` };
    const first = plan.byHand && besideCommand(backup, wish, plan.byHand.beside);
    const reaches = plan.reaches ?? (plan.impossible === null ? backup.startedAt : null);
    return {
      ...about,
      startedAt: backup.startedAt,
      ...plan,
      ...(first !== undefined && { steps: [`${byYou}${first}`, ...plan.steps] }),
      reaches,
      doubt: doubtOf(backup, clock.now(), ground.moment, await wholeAway(backup)),
      passedOver: await passedOverBy(wish, backup),
    };
  }

  async function run(
    backup: BackupView,
    wish: RestoreWish,
    by: string,
    ctx: EngineContext,
    fetched?: string,
  ): Promise<Restored> {
    const { id, plan, target } = backup;
    const engine = ground.engineOf(backup);
    const { into, until } = wish;
    const order = { ...(await orderOf(backup, wish)), ...(fetched !== undefined && { folder: fetched }) };
    const own = {
      ...({ id: desk.newId(), kind: 'restore', plan, backup: id, target, engine: engine.id } as const),
      ...{ into, manifest: order.manifest, isTold: true },
    };
    // Until it has ended nobody has told of its end.
    await store.transaction(async (tx) => {
      await undertake(tx, { ...own, isTold: false });
      await note(tx, by, 'backup.restoring', plan, { id, target, into: into.kind, until });
    });
    try {
      if (!engine.restore) throw new Error(`${engine.id} cannot restore yet`);
      ctx.progress('restoring');
      const restored = await engine.restore(order, ctx);
      const { at, tookMs, reached, short } = restored;
      await store.transaction(async (tx) => {
        await strikeOut(tx, own.id);
        await note(tx, by, 'backup.restored', plan, {
          ...{ id, target, at, tookMs, reached },
          ...(short !== undefined && { short }),
        });
      });
      desk.changed();
      return restored;
    } catch (error) {
      const detail = failureIn(messageOf(error), into);
      // It may not have been able to clear up: the next look sees to it.
      await store.transaction(async (tx) => {
        await undertake(tx, own);
        await note(tx, by, 'backup.not-restored', plan, { id, target, detail });
      });
      desk.changed();
      const away = await wholeAway(backup);
      throw error instanceof UpkeepError
        ? error
        : new UpkeepError('conflict', `not restored: ${detail}${away === null ? '' : `; ${away}`}`);
    }
  }

  async function restore(wish: RestoreWish, by: string): Promise<RestoredView> {
    if (wish.into.kind === 'over')
      throw new UpkeepError(
        'conflict',
        `over what lives goes only by the guard: the action ${restoreOver.id}`,
      );
    const { impossible, steps } = await planned(wish);
    if (impossible !== null) throw new UpkeepError('conflict', impossible);
    const backup = await chosen(wish);
    const from = (fetched?: string) => alone(backup.plan, (ctx) => run(backup, wish, by, ctx, fetched));
    const restored = await (backup.copyOf === null ? from() : withFetched(ground, fetch, backup, by, from));
    const left = steps.flatMap((step) => (step.startsWith(byYou) ? step.slice(byYou.length) : []));
    return { ...restored, asked: wish.until, backup: backup.id, plan: backup.plan, left };
  }

  const wishOf = (given: unknown): RestoreWish => {
    const { backup, until } = input.parse(given);
    return { of: backup, until, into: { kind: 'over' } };
  };

  const action: BoundAction = {
    ...{ ...restoreOver, input },
    privileges: 'those that the engine of the backup names for a restore',
    async plan(given) {
      const wish = wishOf(given);
      const view = await planned(wish);
      const refused = view.impossible ?? view.byHand?.why;
      if (refused !== undefined) return { refused };
      return {
        summary: `restore ${view.target} over what lives to ${ground.moment(view.reaches ?? view.startedAt)} from backup ${view.backup.slice(0, 13)} of ${view.plan}`,
        steps: [...view.steps, ...(view.doubt === null ? [] : [`mind: ${view.doubt}`])],
        before: {
          backup: view.backup,
          taken: ground.moment(view.startedAt),
          lost: lostOf(view, ground.moment),
        },
        expect: 'what was backed up is there, counted and compared, and clients work with it',
        undo: {
          possible: false,
          how: 'what was there is kept beside it: see the result for its name, and rename it back',
        },
        ...{ verifyWithinMs, holdMs: 0, touches: ['database-destructive', 'production-change'] },
        subjects: [`backups of ${view.plan}`, 'the whole of it'],
      };
    },
    async apply(plan, permit) {
      if (!Permit.isGenuine(permit))
        throw new Error('nothing is restored over without a permit of the guard');
      const wish = wishOf(plan.input);
      const backup = await chosen(wish);
      return deeds.begin(keyOf(plan), 'begun; it goes on', async () => {
        const { at, short } = await alone(backup.plan, (ctx) => run(backup, wish, permit.grantedTo, ctx));
        return `restored: ${at}${short === undefined ? '' : `; not all of it came back: ${short}`}`;
      });
    },
    async verify(plan) {
      const deed = deeds.of(keyOf(plan));
      if (deed?.state === 'under-way') return { good: false, detail: 'it is being restored' };
      // Where it is, the application of the plan has told.
      if (deed?.state === 'done')
        return { good: true, detail: 'it was counted and compared before it took the place of what lived' };
      const detail =
        deed?.detail ??
        'Upkeep ended while it was restored: what lives was not swapped, or wholly; look, then propose it anew';
      return { good: false, detail, isFinal: true };
    },
  };

  return { planned, restore, action };
}

/** A server that lives has its own disks; a folder is filled from here alone. */
function failureIn(text: string, into: RestoreInto): string {
  return into.kind === 'folder'
    ? failureWords(text, {
        folder: dirname(into.folder),
        orElse: 'name a folder on a larger disk with --into',
        isAllHere: true,
      })
    : shortened(text);
}

/** Where it is restored first, and compared, while what lives goes on. */
function besideCommand({ id }: BackupView, { until }: RestoreWish, beside: string): string {
  const moment = until === null ? '' : ` --until ${timestamp(until)}`;
  return `upkeep backup restore ${id.slice(0, 13)}${moment} --into folder:${beside}`;
}

function placeWords(into: RestoreInto): string {
  if (into.kind === 'over') return 'over';
  return into.kind === 'folder' ? `folder:${into.folder}` : `database:${into.name}`;
}

function doubtOf(
  { proofs, isAhead }: BackupView,
  now: number,
  moment: Ground['moment'],
  away: string | null,
): string | null {
  const [last] = proofs;
  const proven = provenRestoreOf(proofs);
  if (isAhead) return 'it was taken by a clock that was ahead: how old what is in it is, nobody knows';
  if (last && !last.isGood)
    return `its last proof failed at ${failureOf(last)}${away === null ? '' : `; ${away}`}`;
  if (proven === null) return 'no restore has proven it yet';
  const age = now - proven.at;
  return age > 30 * 86_400_000 ? `it was proven last on ${moment(proven.at)}` : null;
}

/** Without ages, so that the same plan has the same words when it is made again before it is carried out. */
function lostOf({ reaches, startedAt }: RestorePlanView, moment: Ground['moment']): string {
  return `what was written since ${moment(reaches ?? startedAt)}`;
}
