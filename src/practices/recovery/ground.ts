/** What everything that is done with backups stands on: what is declared, the engines, one thing at a time, the journal. */
import { join } from 'node:path';
import { believed } from '../../core/backup/ahead.ts';
import type { BoundEngine, EngineContext, Place } from '../../core/backup/engine.ts';
import { restartAction } from '../../core/backup/needs.ts';
import { firstRepository } from '../../core/backup/second-standing.ts';
import type { BackupSettings } from '../../core/backup/settings.ts';
import type { BackupView } from '../../core/backup/view.ts';
import { momentText } from '../../core/oncall/wall-time.ts';
import { UpkeepError } from '../../core/verb.ts';
import type { Estate } from '../../pipeline/bound.ts';
import type { Desk } from '../../pipeline/desk.ts';
import * as rows from '../../store/backups.ts';
import type { Tx } from '../../store/index.ts';
import * as journal from '../../store/journal.ts';

/** The repository below the folder of the plan; copies elsewhere and further repositories have names of their own. */
export const localRepository = firstRepository;

export interface Ground {
  readonly desk: Desk;
  plans(): readonly BackupSettings[];
  /** @throws UpkeepError with the names there are */
  planOf(name: string): BackupSettings;
  /** @throws UpkeepError where the target or its engine is gone from the configuration */
  engineOf(of: Pick<BackupSettings, 'target' | 'engine'>): BoundEngine;
  /** What it depends on and has a declared restart; null where nothing is. */
  restarterOf(target: string): string | null;
  /** By its id or how that begins. @throws UpkeepError */
  backupOf(id: string): Promise<BackupView>;
  /** One thing at a time for each plan, and for the disks all in turn. @throws UpkeepError where the plan is busy */
  alone<T>(plan: string, work: (ctx: EngineContext) => Promise<T>): Promise<T>;
  /** What is under way, by plan, with how far it is. */
  readonly underWay: ReadonlyMap<string, string>;
  /** A moment as people read it, on the wall clock of the team. */
  moment(at: number): string;
  /** For work that nobody watches: it ends when Upkeep stops. */
  quietly(): EngineContext;
  note(
    tx: Tx,
    actor: string,
    kind: string,
    plan: string,
    payload: Readonly<Record<string, unknown>>,
  ): Promise<string>;
  stop(): Promise<void>;
}

export function createGround(desk: Desk, estate: () => Estate, newSecret: () => string): Ground {
  const { clock, store } = desk;
  const underWay = new Map<string, string>();
  const stopping = new AbortController();
  let working: Promise<unknown> = Promise.resolve();
  const plans = () => desk.configuration().backups;

  const moment = (at: number) => momentText(at, desk.configuration().timezone);

  /** `host:port/database` is how targets that hold databases say where they are. */
  const databaseOf = (target: string) =>
    /\/([^/]+)$/.exec(estate().targets.get(target)?.bound.address ?? '')?.[1];

  return {
    desk,
    plans,
    underWay,
    planOf(name) {
      const plan = plans().find((one) => one.name === name);
      if (plan) return plan;
      const names = plans()
        .map((one) => one.name)
        .join(', ');
      throw new UpkeepError(
        'not-found',
        `nothing under backups: is called ${name}; there is ${names || 'nothing yet'}`,
      );
    },
    engineOf({ target, engine }) {
      const engines = estate().targets.get(target)?.bound.engines;
      const bound = engines?.find(({ id }) => id === engine);
      if (bound) return bound;
      throw new UpkeepError(
        'conflict',
        `${target} has no engine ${engine} any more: look at backups: in upkeep.yaml`,
      );
    },
    restarterOf(target) {
      const { targets } = estate();
      const below = targets.get(target)?.settings.dependsOn ?? [];
      const has = (name: string) =>
        targets.get(name)?.bound.actions.some(({ id }) => id === restartAction) ?? false;
      return below.find(has) ?? null;
    },
    async backupOf(id) {
      const backup = await rows.byId(store.db, id);
      if (backup) return believed(backup, desk.clock.now());
      if (plans().some(({ name }) => name === id))
        throw new UpkeepError(
          'bad-input',
          `${id} is a name under backups:, and this needs the id of one backup: upkeep backup list ${id}`,
        );
      const holding = plans().filter(({ target }) => target === id || databaseOf(target) === id);
      const names = holding.map(({ name }) => name).join(', ');
      throw new UpkeepError(
        'not-found',
        holding.length === 0
          ? `no backup has the id ${id}, and nothing under backups: is called so: upkeep backup list`
          : `${id} is no name under backups: and no id of a backup; ${holding.length === 1 ? `${names} holds it` : `these hold it: ${names}`}`,
      );
    },
    async alone(plan, work) {
      if (underWay.has(plan))
        throw new UpkeepError('conflict', `${plan}: ${underWay.get(plan)}; one thing at a time`);
      underWay.set(plan, 'waiting for its turn');
      const progress = (text: string) => void underWay.set(plan, text);
      const before = working;
      const mine = before.then(() => {
        stopping.signal.throwIfAborted();
        const { timezone } = desk.configuration();
        return work({ signal: stopping.signal, clock, timezone, progress, newSecret });
      });
      working = mine.catch(() => {});
      try {
        return await mine;
      } finally {
        underWay.delete(plan);
      }
    },
    moment,
    quietly: () => ({
      ...{ signal: stopping.signal, clock, timezone: desk.configuration().timezone },
      progress() {},
    }),
    async note(tx, actor, kind, plan, payload) {
      const subject = `backup:${plan}`;
      const at = clock.now();
      const entry = await journal.append(tx, { at, actor, kind, subject, payload: { plan, ...payload } });
      return entry.hash;
    },
    async stop() {
      stopping.abort(new UpkeepError('conflict', 'Upkeep stops'));
      await working;
    },
  };
}

/** Where all the backups of a plan lie, by an engine that keeps a repository; else what holds their folders. */
export function repositoryOf({ folder, name }: Pick<BackupSettings, 'folder' | 'name'>): string {
  return join(folder, name);
}

export function placeOf({ folder, label }: Pick<BackupView, 'folder' | 'label'>): Place {
  return { folder, ...(label === null ? {} : { label }) };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
