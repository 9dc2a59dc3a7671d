/**
 * Backups in the repository of an engine that a new store does not know: those from before this store first saw the plan were
 * taken by an earlier one. They count like any other, are not proven before they were looked at, and nobody but a person
 * lets them go. What came since and is not ours stays foreign until somebody asks for it to be taken over.
 */
import type { EngineContext, Held } from '../../core/backup/engine.ts';
import type { BackupSettings } from '../../core/backup/settings.ts';
import type { BackupView } from '../../core/backup/view.ts';
import { amount } from '../../core/rule-words.ts';
import * as rows from '../../store/backups.ts';
import { type Ground, localRepository, messageOf, repositoryOf } from './ground.ts';
import { seenSince } from './seen-since.ts';

export interface StoredOrder {
  /** What lies there and stands in no row. */
  readonly held: readonly Held[];
  /** Of this plan, whatever became of them. */
  readonly known: readonly BackupView[];
  /** Somebody asked: also what came since, and what was let go here and lies there again. */
  readonly isAsked: boolean;
}

const wholeCatalogue = 20_000;

/** Those that are known from now on. What cannot be described stays foreign, and is tried again at the next look. */
export async function adoptStored(
  ground: Ground,
  plan: BackupSettings,
  { held, known, isAsked }: StoredOrder,
  ctx: EngineContext,
): Promise<ReadonlySet<Held>> {
  const { desk, engineOf, note } = ground;
  const { clock, log, store } = desk;
  const engine = engineOf(plan);
  const adopted = new Set<Held>();
  if (!engine.describe) return adopted;
  const since = isAsked ? Number.POSITIVE_INFINITY : await seenSince(ground, plan, known);
  const isHere = ({ state }: BackupView) => !isAsked || (state !== 'removed' && state !== 'failed');
  const ids = new Map(known.filter(isHere).map((one) => [`${one.repository} ${one.label}`, one.id]));
  const folder = repositoryOf(plan);
  for (const one of held.toSorted((a, b) => a.startedAt - b.startedAt)) {
    const { label, kind, needs, bytes, logFrom, startedAt, endedAt, writtenAt, lockedUntil } = one;
    const repository = one.repository ?? localRepository;
    // One that was let go here and lies there again is no find.
    if (endedAt >= since || ids.has(`${repository} ${label}`)) continue;
    const manifest = await engine.describe({ folder, label, repository }, ctx).catch((error: unknown) => {
      ctx.signal.throwIfAborted();
      log.warn('what lies in a repository cannot be described', {
        plan: plan.name,
        label,
        error: messageOf(error),
      });
      return null;
    });
    if (manifest === null) continue;
    const id = desk.newId();
    const where = repository === localRepository ? 'its repository' : repository;
    const detail = `found in ${where}: ${kind}, ${amount(bytes, 'bytes')}; it was not taken by this store and never proven by this Upkeep`;
    await store.transaction(async (tx) => {
      const { name, target, engine: by } = plan;
      // Another look may have come first.
      const now = await rows.list(tx, { now: clock.now(), plan: name, limit: wholeCatalogue });
      if (now.filter(isHere).some((other) => other.label === label && other.repository === repository))
        return;
      await rows.insert(tx, { id, plan: name, target, engine: by, repository, folder, startedAt });
      const needed = needs.map((other) => ids.get(`${repository} ${other}`) ?? other);
      await rows.settle(tx, id, endedAt, {
        ...{ state: 'good', label, kind, needs: needed, bytes, logFrom, manifest, detail },
      });
      await rows.seen(tx, { id, writtenAt: writtenAt ?? startedAt, lockedUntil }, clock.now());
      await rows.pin(tx, id, true);
      await note(tx, 'upkeep', 'backup.adopted', name, { id, target, detail });
    });
    ids.set(`${repository} ${label}`, id);
    adopted.add(one);
  }
  if (adopted.size > 0) desk.changed();
  return adopted;
}
