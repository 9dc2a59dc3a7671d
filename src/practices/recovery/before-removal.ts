/**
 * The last look before backups go: every repository of the plan is asked what it holds. Where one cannot say, or anything
 * that should be there is not, nothing goes: what is to be removed may be the last that is left. Nor where a backup lies there
 * that somebody else took: what it needs is not known here.
 */
import type { EngineContext } from '../../core/backup/engine.ts';
import type { BackupSettings } from '../../core/backup/settings.ts';
import { goneWords } from '../../core/backup/standing.ts';
import { strangersWords } from '../../core/backup/strangers.ts';
import type { BackupView } from '../../core/backup/view.ts';
import * as rows from '../../store/backups.ts';
import type { RepositoryHand } from './deletion.ts';
import type { Ground } from './ground.ts';
import type { Sync } from './sync.ts';

/** Why nothing of the plan may go now, as a sentence part; null where all that should be there is. @throws where a repository does not answer */
export type BeforeRemoval = (plan: BackupSettings, ctx: EngineContext) => Promise<string | null>;

const wholeCatalogue = 20_000;

export function createBeforeRemoval(
  ground: Ground,
  hands: Readonly<Record<string, RepositoryHand>>,
  sync: Sync['sync'],
): BeforeRemoval {
  const { desk, note } = ground;
  const { store } = desk;

  const listed = ({ name }: BackupSettings) =>
    rows.list(store.db, {
      now: desk.clock.now(),
      plan: name,
      states: ['good', 'missing'],
      limit: wholeCatalogue,
    });

  /** Copies elsewhere, which no look of every day reads. */
  async function lookAtCopies(plan: BackupSettings, ctx: EngineContext): Promise<void> {
    // A bucket that is not declared any more can be asked by nobody.
    if (!plan.offsite) return;
    for (const copy of await listed(plan)) {
      const hand = hands[copy.repository];
      if (hand) await settleCopy(copy, await hand.isWhole(plan, copy, ctx));
    }
  }

  async function settleCopy({ id, plan, folder, target }: BackupView, isThere: boolean): Promise<void> {
    const [from, to] = isThere ? (['missing', 'good'] as const) : (['good', 'missing'] as const);
    await store.transaction(async (tx) => {
      if (!(await rows.move(tx, id, [from], to))) return;
      await note(tx, 'upkeep', isThere ? 'backup.found' : 'backup.missing', plan, { id, target, folder });
    });
  }

  return async (plan, ctx) => {
    const { unseen, seconds, foreign } = await sync(plan, ctx);
    if (unseen !== null) return `what its repository holds could not be seen: ${unseen}`;
    const troubled = seconds.find(({ trouble }) => trouble !== null);
    if (troubled) return `what ${troubled.repository} holds could not be seen: ${troubled.trouble}`;
    const strangers = strangersWords(foreign);
    if (strangers !== null)
      return `${strangers}; look at what it is, then upkeep backup adopt ${plan.name} takes it over`;
    await lookAtCopies(plan, ctx);
    const known = await listed(plan);
    const gone = goneWords(known);
    const newest = known.find(({ state }) => state === 'missing');
    if (gone === null || newest === undefined) return null;
    return `${gone}; put back what is gone and it is found again, or say that it is gone for good: upkeep backup forget ${newest.id}`;
  };
}
