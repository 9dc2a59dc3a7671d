/**
 * Holds the catalogue against what repositories say they hold: what is not there any more is told loudly and counts for
 * nothing, what nobody here took is shown. A repository that cannot be seen proves neither.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineContext, Held } from '../../core/backup/engine.ts';
import type { BackupSettings } from '../../core/backup/settings.ts';
import type { BackupView, ForeignView } from '../../core/backup/view.ts';
import * as rows from '../../store/backups.ts';
import { adoptFolders } from './adopt-folders.ts';
import { adoptStored } from './adopt-stored.ts';
import { type Ground, localRepository, messageOf, repositoryOf } from './ground.ts';
import { lookedAt } from './looked-at.ts';

export interface Found {
  readonly foreign: readonly ForeignView[];
  /** Why the repository could not be seen; null where it could. */
  readonly unseen: string | null;
  /** Further repositories, with why each could not be read; null where it could. */
  readonly seconds: readonly { readonly repository: string; readonly trouble: string | null }[];
}

export interface Sync {
  /**
   * Never throws: what cannot be seen is said.
   * @param isAsked somebody asked for all to be taken over that a backup can be made of
   */
  sync(plan: BackupSettings, ctx: EngineContext, isAsked?: boolean): Promise<Found>;
  /** As it was found last. */
  last(plan: string): Found | undefined;
}

interface There extends ForeignView {
  readonly repository: string;
  readonly lockedUntil: number | null;
  /** As its engine says. */
  readonly held?: Held;
}

const wholeCatalogue = 20_000;
/** Names beside the backups that are none: what is being taken or removed, and the log that an engine keeps. */
const besides = /^(wal|next)$|\.(partial|removed)$/;
/** The log that lies beside copies belongs to them all. */
const logFolder = 'wal';

export function createSync(ground: Ground): Sync {
  const { desk, note } = ground;
  const { store, clock } = desk;
  const found = new Map<string, Found>();

  async function sync(plan: BackupSettings, ctx: EngineContext, isAsked = false): Promise<Found> {
    let result: Found;
    try {
      const { own, seconds } = await statesOf(plan, ctx);
      const troubled = new Set(seconds.flatMap((one) => (one.trouble === null ? [] : [one.repository])));
      if (own !== null) troubled.add(localRepository);
      result = { foreign: await compare(plan, { troubled, isAsked }, ctx), unseen: own, seconds };
    } catch (error) {
      const { foreign = [], seconds = [] } = found.get(plan.name) ?? {};
      result = { foreign, seconds, unseen: messageOf(error) };
    }
    found.set(plan.name, result);
    return result;
  }

  /** `own`: why the first cannot be read. */
  async function statesOf(
    plan: BackupSettings,
    ctx: EngineContext,
  ): Promise<{ readonly own: string | null; readonly seconds: Found['seconds'] }> {
    const { repositories } = ground.engineOf(plan);
    const folder = repositoryOf(plan);
    if (!repositories || !existsSync(folder)) return { own: null, seconds: [] };
    const all = await repositories({ folder }, ctx);
    const own = all.find(({ name }) => name === undefined)?.trouble ?? null;
    return {
      own,
      seconds: all.flatMap(({ name, trouble }) =>
        name === undefined ? [] : [{ repository: name, trouble }],
      ),
    };
  }

  /** @param troubled repositories that could not be read: what should be in them is neither there nor gone */
  async function compare(
    plan: BackupSettings,
    { troubled, isAsked }: { readonly troubled: ReadonlySet<string>; readonly isAsked: boolean },
    ctx: EngineContext,
  ): Promise<ForeignView[]> {
    const before = await rows.list(store.db, { now: clock.now(), plan: plan.name, limit: wholeCatalogue });
    // What was taken while the repository was read is not in what it said.
    const local = before.filter(({ copyOf, repository }) => copyOf === null && !troubled.has(repository));
    const known = local.filter(({ state }) => state === 'good' || state === 'missing');
    // What lies in its own folder stays there, also after `to:` was changed.
    const inFolders = known.filter(({ label }) => label === null);
    const inRepository = known.filter(({ label }) => label !== null);
    const there = await thereIn(plan, ctx);
    const byLabel = new Map(there.map((one) => [keyOf(one), one]));
    for (const backup of inFolders) await settle(backup, folderOf(backup));
    if (isRepository(plan))
      for (const backup of inRepository) await settle(backup, byLabel.get(keyOf(backup)));
    // What was begun or ended since is in what the repository said, and not in what was known before.
    const after = await rows.list(store.db, { now: clock.now(), plan: plan.name, limit: wholeCatalogue });
    const isTaking = after.some(({ state }) => state === 'taking');
    const ours = new Set(
      after
        .filter((one) => one.copyOf === null && isOurs(one))
        .map(({ id, label, repository }) => keyOf({ repository, label: label ?? id })),
    );
    const unknown = there.filter((one) => !ours.has(keyOf(one)) && !troubled.has(one.repository));
    const held = unknown.flatMap((one) => one.held ?? []);
    const stored = await adoptStored(ground, plan, { held, known: after, isAsked }, ctx);
    const left = unknown.filter((one) => one.held === undefined || !stored.has(one.held));
    const views = left.map(({ label, bytes, at }) => ({ plan: plan.name, label, bytes, at }));
    const { adopted, whole } = await adoptFolders(ground, plan, { foreign: views, known: after, isAsked });
    const looked = await lookedAt(ground, plan);
    return left
      .filter(({ label }) => !adopted.has(label))
      .map(({ label, at, held: backup, ...there }): ForeignView => {
        const bytes = there.bytes ?? whole.get(label) ?? null;
        const isBackup = backup !== undefined || whole.has(label);
        // One that is being taken lies there before it has its name here.
        const holdsBack = isBackup && !isTaking && !looked.has(label);
        return { plan: plan.name, label, bytes, at, ...(holdsBack && { holdsBack }) };
      });
  }

  function isRepository(plan: BackupSettings): boolean {
    return ground.engineOf(plan).list !== undefined;
  }

  async function thereIn(plan: BackupSettings, ctx: EngineContext): Promise<There[]> {
    const { list } = ground.engineOf(plan);
    const folder = repositoryOf(plan);
    // One that lies elsewhere has no folder on a new machine.
    if (!list) return existsSync(folder) ? foldersIn(plan, folder) : [];
    const all = await list({ folder }, ctx);
    return all.map((held) => {
      const { label, bytes, startedAt, lockedUntil, writtenAt, repository = localRepository } = held;
      return { plan: plan.name, label, bytes, lockedUntil, repository, at: writtenAt ?? startedAt, held };
    });
  }

  async function settle(
    backup: BackupView,
    there: Pick<There, 'at' | 'lockedUntil'> | undefined,
  ): Promise<void> {
    const { id, plan, folder, target } = backup;
    const [from, to] = there ? (['missing', 'good'] as const) : (['good', 'missing'] as const);
    await store.transaction(async (tx) => {
      if (await rows.move(tx, id, [from], to)) {
        await note(tx, 'upkeep', there ? 'backup.found' : 'backup.missing', plan, { id, target, folder });
        desk.changed();
      }
      if (there)
        await rows.seen(tx, { id, writtenAt: there.at, lockedUntil: there.lockedUntil }, clock.now());
    });
  }

  return { sync, last: (plan) => found.get(plan) };
}

function keyOf({
  repository,
  label,
}: {
  readonly repository: string;
  readonly label: string | null;
}): string {
  return `${repository} ${label}`;
}

/** One that failed left nothing; one that is gone and lies there all the same is nobody's. */
function isOurs({ state }: BackupView): boolean {
  return state !== 'failed' && state !== 'removed';
}

function folderOf({ folder }: BackupView): Pick<There, 'at' | 'lockedUntil'> | undefined {
  const stat = statSync(folder, { throwIfNoEntry: false });
  return stat && { at: Math.floor(stat.mtimeMs), lockedUntil: null };
}

function foldersIn({ name, keepsLog }: BackupSettings, folder: string): There[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(
      (entry) => entry.isDirectory() && !besides.test(entry.name) && !(keepsLog && entry.name === logFolder),
    )
    .map((entry) => {
      const at = Math.floor(statSync(join(folder, entry.name)).mtimeMs);
      return {
        plan: name,
        label: entry.name,
        bytes: null,
        at,
        lockedUntil: null,
        repository: localRepository,
      };
    });
}
