/**
 * Which backups go: decided by the pure planner from the catalogue of this moment and held against what the engine says
 * would go. Marks are set and taken away here; what was marked for a week is proposed to the guard.
 */

import { removeBackups } from '../../core/backup/actions.ts';
import type { Backup } from '../../core/backup/catalogue.ts';
import {
  catalogueEntry,
  type DeletionView,
  differencesOf,
  type LogGoing,
  type PreviewView,
  reasonWords,
  standingIn,
} from '../../core/backup/deletion.ts';
import type { DeletionPreview, EngineContext } from '../../core/backup/engine.ts';
import { clockWords, createHolds, type Hold } from '../../core/backup/holds.ts';
import {
  type Decision,
  defaultRetention,
  planDeletion,
  type RetentionFacts,
} from '../../core/backup/retention.ts';
import type { BackupSettings } from '../../core/backup/settings.ts';
import type { BackupView } from '../../core/backup/view.ts';
import type { Actor } from '../../pipeline/act.ts';
import * as rows from '../../store/backups.ts';
import { anewWords, unmarkedIn } from './begun-anew.ts';
import { type Ground, localRepository, messageOf } from './ground.ts';
import { type LogRemoval, plannedLog } from './log-removal.ts';
import { type AskWitnesses, noteRun, retentionFacts } from './retention-facts.ts';

/** What deletes in a repository other than the plan's own: with credentials that the writer does not have. */
export interface RepositoryHand {
  /** Its own word on what would go when these go. */
  preview(
    plan: BackupSettings,
    backups: readonly BackupView[],
    ctx: EngineContext,
  ): Promise<readonly BackupView['id'][]>;
  /** What tells that a backup is whole goes first, so that a removal that was cut off shows. */
  remove(plan: BackupSettings, backup: BackupView, ctx: EngineContext): Promise<void>;
  isWhole(plan: BackupSettings, backup: BackupView, ctx: EngineContext): Promise<boolean>;
}

export interface DeletionSources {
  readonly witnesses: AskWitnesses;
  /** By name of the repository. */
  readonly hands: Readonly<Record<string, RepositoryHand>>;
  readonly propose: Actor['propose'];
}

export interface PlannedDeletion {
  readonly view: DeletionView;
  /** To be removed, what needs another before that other. */
  readonly removals: readonly BackupView[];
  /** Null where nothing of the log goes. */
  readonly log: LogRemoval | null;
}

export interface Expiry {
  readonly deletions: readonly DeletionView[];
  /** What was handed to the guard, and what came of it. */
  readonly proposals: readonly {
    readonly plan: string;
    readonly actionId: string | null;
    readonly said: string;
  }[];
}

const wholeCatalogue = 20_000;

export interface Deletion {
  /** Changes nothing. */
  planned(plan: BackupSettings, ctx: EngineContext): Promise<PlannedDeletion>;
  /** Marks, takes marks away, and proposes what was marked for long enough. */
  expire(plans: readonly BackupSettings[], by: string, ctx: EngineContext): Promise<Expiry>;
}

export function createDeletion(ground: Ground, sources: DeletionSources): Deletion {
  const { desk, note } = ground;
  const { store } = desk;

  async function planned(
    plan: BackupSettings,
    ctx: EngineContext,
    given?: RetentionFacts,
  ): Promise<PlannedDeletion> {
    const facts = given ?? (await retentionFacts(ground, [plan], sources.witnesses));
    const known = await rows.list(store.db, {
      now: desk.clock.now(),
      plan: plan.name,
      limit: wholeCatalogue,
    });
    const catalogue = standingIn(known);
    const entries = catalogue.map(catalogueEntry);
    const retention = { ...defaultRetention, keepMs: plan.keepMs };
    const { decisions, logsFrom } = planDeletion(entries, retention, facts);
    const holdsOf = createHolds({ ...facts, retention, catalogue: entries, decisions });
    const byId = new Map(catalogue.map((one) => [one.id, one]));
    const unmarked = await unmarkedIn(ground, plan.name);
    const views = decisions.flatMap((decision) => {
      const backup = byId.get(decision.id);
      if (backup?.state !== 'good') return [];
      const anew = anewWords(decision, backup, unmarked, ground.moment);
      return [decisionView(decision, backup, holdsOf(catalogueEntry(backup), decision), anew)];
    });
    const removals = views
      .filter(({ kind }) => kind === 'remove')
      .flatMap(({ id }) => byId.get(id) ?? [])
      .reverse();
    const held = heldBy(plan, facts, decisions);
    const going = removals.map(({ folder }) => folder);
    const order = { known, logsFrom, going, isHeld: held.length > 0 };
    const log = await plannedLog(ground, plan, order, ctx).catch(messageOf);
    return {
      removals,
      log: typeof log === 'string' ? null : log,
      view: {
        plan: plan.name,
        held: typeof log === 'string' ? [...held, log] : held,
        decisions: views,
        preview: removals.length === 0 ? null : await preview(plan, removals, ctx),
        log: typeof log === 'string' ? null : logView(log),
      },
    };
  }

  async function preview(
    plan: BackupSettings,
    removals: readonly BackupView[],
    ctx: EngineContext,
  ): Promise<PreviewView> {
    const details: string[] = [];
    // A plan whose `to:` was changed has more than one place.
    const places = Map.groupBy(removals, (one) => JSON.stringify([one.repository, one.label && one.folder]));
    for (const backups of places.values()) {
      const [{ repository = '', folder = '' } = {}] = backups;
      const found = await previewOf(plan, { repository, folder }, backups, ctx).catch(messageOf);
      if (typeof found === 'string') return { agrees: false, detail: `${repository}: ${found}` };
      const expected = backups.map(({ id, label }) => label ?? id);
      const differences = differencesOf(expected, found.labels);
      if (differences.length > 0)
        return { agrees: false, detail: `${repository} says otherwise: ${differences.join('; ')}` };
      details.push(
        `${repository}: ${found.labels.join(', ')}${found.detail === '' ? '' : ` (${found.detail})`}`,
      );
    }
    return { agrees: true, detail: details.join('; ') };
  }

  async function previewOf(
    plan: BackupSettings,
    { repository, folder }: Pick<BackupView, 'repository' | 'folder'>,
    backups: readonly BackupView[],
    ctx: EngineContext,
  ): Promise<DeletionPreview> {
    const hand = sources.hands[repository];
    if (hand) return { labels: await hand.preview(plan, backups, ctx), detail: '' };
    const engine = ground.engineOf(plan);
    if (repository !== localRepository && !engine.repositories)
      throw new Error('nothing here can delete in it');
    // A folder of its own holds nothing of another backup.
    if (!engine.list) return { labels: backups.map(({ id }) => id), detail: '' };
    if (!engine.planDeletion || !engine.applyDeletion) throw new Error(`${engine.id} cannot delete`);
    const labels = backups.flatMap(({ label }) => label ?? []);
    return engine.planDeletion({ folder }, labels, ctx);
  }

  async function expire(plans: readonly BackupSettings[], by: string, ctx: EngineContext): Promise<Expiry> {
    const facts = await retentionFacts(ground, desk.configuration().backups, sources.witnesses);
    const deletions: DeletionView[] = [];
    const proposals: Expiry['proposals'][number][] = [];
    for (const plan of plans) {
      const { view, removals, log } = await planned(plan, ctx, facts);
      await applyMarks(plan, view, facts.now, by);
      deletions.push(view);
      if (removals.length > 0 || log !== null) proposals.push(await proposed(plan, by));
    }
    await store.transaction((tx) => noteRun(tx, facts));
    desk.changed();
    return { deletions, proposals };
  }

  async function applyMarks(
    plan: BackupSettings,
    view: DeletionView,
    now: number,
    by: string,
  ): Promise<void> {
    const moves = view.decisions.filter(({ kind }) => kind === 'mark' || kind === 'unmark');
    if (moves.length === 0) return;
    await store.transaction(async (tx) => {
      for (const { id, kind, why } of moves) {
        await rows.mark(tx, id, kind === 'mark' ? now : null);
        await note(tx, by, kind === 'mark' ? 'backup.marked' : 'backup.unmarked', plan.name, { id, why });
      }
    });
  }

  async function proposed({ name, target }: BackupSettings, by: string) {
    const why = 'marked for a week, and nothing needs it any more';
    const result = await sources
      .propose({ action: removeBackups.id, target, input: { plan: name }, why }, by, null)
      .catch((error: unknown) => ({ refused: messageOf(error) }));
    if ('refused' in result) return { plan: name, actionId: null, said: result.refused };
    const { id, state, judgement } = result.action;
    return { plan: name, actionId: id, said: `${state}: ${judgement.reason}` };
  }

  return { planned: (plan, ctx) => planned(plan, ctx), expire };
}

function decisionView(
  decision: Decision,
  backup: BackupView,
  found: readonly Hold[],
  anew: string,
): DeletionView['decisions'][number] {
  const { plan, repository, startedAt, bytes, markedAt } = backup;
  const holds = found.map((one) =>
    one.reason === decision.reason ? { ...one, why: `${one.why}${anew}` } : one,
  );
  const why = found.find(({ reason }) => reason === decision.reason)?.why ?? reasonWords[decision.reason];
  return { ...decision, plan, repository, startedAt, bytes, markedAt, why, holds };
}

function logView(log: LogRemoval | null): LogGoing | null {
  const [first] = log?.names ?? [];
  const last = log?.names.at(-1);
  if (log === null || first === undefined || last === undefined) return null;
  return { files: log.names.length, bytes: log.bytes, first, last };
}

function heldBy(plan: BackupSettings, facts: RetentionFacts, decisions: readonly Decision[]): string[] {
  const trouble = facts.troubled.get(plan.name);
  const isDoubted = decisions.some(({ reason }) => reason === 'clock-in-doubt');
  const isTroubled = decisions.some(({ reason }) => reason === 'in-trouble');
  return [
    ...(isDoubted ? [clockWords(facts)] : []),
    ...(isTroubled ? [trouble ?? 'the newest backup failed'] : []),
  ];
}

/** What a plan may hold of ages: the youngest by every account of it. */
export function youngestOf(removals: readonly BackupView[]): number {
  return removals
    .map(catalogueEntry)
    .reduce(
      (at, { endedAt, writtenAt, firstSeenAt }: Backup) => Math.max(at, endedAt, writtenAt ?? 0, firstSeenAt),
      0,
    );
}
