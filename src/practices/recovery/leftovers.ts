/**
 * What Upkeep left when it was killed: at a start its processes are ended, its folders removed, its half databases dropped,
 * and each thing that was under way has its end in the journal. What cannot be reached then is tried again at each look.
 */
import type { EngineContext } from '../../core/backup/engine.ts';
import * as rows from '../../store/backups.ts';
import { dropUnfinished, sweepScratch } from './folders.ts';
import { type Ground, messageOf } from './ground.ts';
import type { Removal } from './removal.ts';
import { strikeOut, type Undertaking, undertake, undertakings } from './undertakings.ts';

export interface Leftovers {
  /** After a start, before anything else is done with backups. */
  clean(): Promise<void>;
  /** Tries again what could not be reached, of plans at which nothing is done now. */
  look(ctx: EngineContext): Promise<void>;
}

type Restore = Extract<Undertaking, { kind: 'restore' }>;

const everything = 1_000;
const doneTo = {
  proof: 'proven',
  control: 'copied to control its proofs',
  fetch: 'fetched',
  download: 'fetched for a restore',
} as const;

/** Of this machine. */
export interface Sweeping {
  /** Ends programs that an Upkeep which is gone has left. */
  endLeft(): Promise<readonly { readonly pid: number; readonly name: string }[]>;
  /** Folders in which their servers had a socket; after `endLeft`. */
  dropLeftSocketFolders(): Promise<unknown>;
  /** False where the folder bears no mark of a restore that was cut off; nothing was touched then. */
  clearUnfinished(folder: string): Promise<boolean>;
}

export function createLeftovers(
  ground: Ground,
  settle: Removal['settle'],
  { endLeft, dropLeftSocketFolders, clearUnfinished }: Sweeping,
): Leftovers {
  const { desk, note } = ground;
  const { clock, log, store } = desk;
  /** Ids of what an earlier process began. */
  const before = new Set<string>();

  async function endTakes(): Promise<void> {
    const cut = await rows.list(store.db, { now: clock.now(), states: ['taking'], limit: everything });
    for (const { id, folder, plan, copyOf } of cut) {
      // A copy goes on where it ended.
      if (copyOf !== null) continue;
      await dropUnfinished(folder);
      await store.transaction(async (tx) => {
        const detail = 'Upkeep was stopped while it was taken';
        await rows.settle(tx, id, clock.now(), { state: 'failed', detail });
        await note(tx, 'upkeep', 'backup.failed', plan, { id, detail });
      });
    }
  }

  async function clear(one: Undertaking, ctx: EngineContext): Promise<void> {
    if (one.kind === 'restore') return clearRestore(one, ctx);
    if (one.kind === 'fetch') await dropUnfinished(one.folder);
    else await sweepScratch(one.folder);
    await store.transaction(async (tx) => {
      await strikeOut(tx, one.id);
      const detail = `Upkeep was stopped while it was ${doneTo[one.kind]}`;
      await note(tx, 'upkeep', 'backup.cut-off', one.plan, { id: one.backup, detail });
    });
  }

  async function clearRestore(one: Restore, ctx: EngineContext): Promise<void> {
    const done = await cleared(one, ctx).catch((error: unknown) => ({ failed: messageOf(error) }));
    const isLeft = typeof done === 'object' && done !== null;
    const left = isLeft ? `what it left cannot be cleared away yet: ${done.failed}` : done;
    if (isLeft && one.isTold) return;
    await store.transaction(async (tx) => {
      if (isLeft) await undertake(tx, { ...one, isTold: true });
      else await strikeOut(tx, one.id);
      const detail = ['Upkeep was stopped while it was restored', ...(left === null ? [] : [left])].join(
        '; ',
      );
      const { backup: id, target, plan } = one;
      if (!one.isTold) await note(tx, 'upkeep', 'backup.not-restored', plan, { id, target, detail });
      else if (left !== null) await note(tx, 'upkeep', 'backup.cleared', plan, { id, target, detail: left });
    });
  }

  async function cleared(one: Restore, ctx: EngineContext): Promise<string | null> {
    const { into, manifest } = one;
    const own = await ground.engineOf(one).clearRestore?.({ into, manifest }, ctx);
    if (into.kind !== 'folder') return own ?? null;
    const isCleared = await clearUnfinished(into.folder);
    return isCleared ? `what lay half in ${into.folder} is removed` : (own ?? null);
  }

  async function settleRemovals(): Promise<void> {
    for (const cutOff of await rows.list(store.db, {
      now: clock.now(),
      states: ['removing'],
      limit: everything,
    })) {
      if (ground.underWay.has(cutOff.plan)) continue;
      // It deletes: nothing else of that plan may begin meanwhile.
      await ground
        .alone(cutOff.plan, (own) => settle(cutOff, own))
        .catch((error: unknown) => {
          const { id, plan } = cutOff;
          log.warn('what a removal left cannot be seen', { id, plan, error: messageOf(error) });
        });
    }
  }

  async function clearAll(ctx: EngineContext): Promise<void> {
    for (const one of await undertakings(store.db)) {
      // What this process began itself is at work, until it has told of its end.
      const isLeft = before.has(one.id) || (one.kind === 'restore' && one.isTold);
      if (!isLeft || ground.underWay.has(one.plan)) continue;
      await clear(one, ctx).catch((error: unknown) => {
        log.warn('what was cut off cannot be cleared away yet', {
          ...one,
          manifest: null,
          error: messageOf(error),
        });
      });
    }
  }

  return {
    async clean() {
      const ended = await endLeft();
      if (ended.length > 0) log.warn('programs that an earlier run left are ended', { programs: ended });
      await dropLeftSocketFolders();
      await endTakes();
      for (const { id } of await undertakings(store.db)) before.add(id);
      await clearAll(ground.quietly());
      await settleRemovals();
    },
    async look(ctx) {
      await clearAll(ctx);
      await settleRemovals();
    },
  };
}
