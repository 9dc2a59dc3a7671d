/**
 * Backups: taken when they are due, proven by a restore, written down whatever came of them. What fails or is late is an
 * alert of the target that is backed up. The engines do the work; this says when, keeps them apart and remembers.
 */
import type { BoundEngine, EngineContext } from '../../core/backup/engine.ts';
import { type BackupSettings, proveEveryMs } from '../../core/backup/settings.ts';
import { isDue, standingOf } from '../../core/backup/standing.ts';
import type { BackupView, ProofView } from '../../core/backup/view.ts';
import { UpkeepError } from '../../core/verb.ts';
import type { Estate } from '../../pipeline/bound.ts';
import type { Desk } from '../../pipeline/desk.ts';
import type { Detected } from '../../pipeline/detect.ts';
import * as alertRows from '../../store/alerts.ts';
import * as rows from '../../store/backups.ts';
import * as journal from '../../store/journal.ts';
import { alertsOf } from './alerts.ts';
import {
  beginFolder,
  dropScratch,
  dropUnfinished,
  finishFolder,
  folderOf,
  makeScratch,
  sweepScratch,
} from './folders.ts';

export interface Recovery {
  /** Takes one now; `prove` also restores it, whether that is due or not. @throws UpkeepError where it cannot begin */
  take(plan: string, by: string, prove?: boolean): Promise<BackupView>;
  /** Restores it into a scratch instance and looks; `withoutRestore` looks only at what lies there. */
  prove(id: string, by: string, options?: { readonly withoutRestore?: boolean }): Promise<ProofView>;
  /** What is under way, by plan, with how far it is. */
  underWay(): ReadonlyMap<string, string>;
  /** Says what is wrong with the backups of a plan, and that it is not any more. */
  judge(plan: BackupSettings): Promise<void>;
  /** After a start: what was under way when Upkeep ended has failed, and nothing of it stays behind. */
  clean(): Promise<void>;
  stop(): Promise<void>;
}

const usualCount = 10;

export function createRecovery(
  desk: Desk,
  options: {
    readonly estate: () => Estate;
    readonly alert: (detected: readonly Detected[]) => void;
  },
): Recovery {
  const { clock, store } = desk;
  const underWay = new Map<string, string>();
  const stopping = new AbortController();
  let working: Promise<unknown> = Promise.resolve();

  const plans = () => desk.configuration().backups;

  function planOf(name: string): BackupSettings {
    const plan = plans().find((one) => one.name === name);
    if (plan) return plan;
    const names = plans()
      .map((one) => one.name)
      .join(', ');
    throw new UpkeepError(
      'not-found',
      `nothing under backups: is called ${name}; there is ${names || 'nothing yet'}`,
    );
  }

  function engineOf({ target, engine }: Pick<BackupSettings, 'target' | 'engine'>): BoundEngine {
    const bound = options
      .estate()
      .targets.get(target)
      ?.bound.engines?.find(({ id }) => id === engine);
    if (bound) return bound;
    throw new UpkeepError(
      'conflict',
      `${target} has no engine ${engine} any more: look at backups: in upkeep.yaml`,
    );
  }

  /** One at a time for each plan, and for the disks all in turn. */
  async function alone<T>(plan: string, work: (ctx: EngineContext) => Promise<T>): Promise<T> {
    if (underWay.has(plan))
      throw new UpkeepError('conflict', `${plan}: ${underWay.get(plan)}; one thing at a time`);
    underWay.set(plan, 'waiting for its turn');
    const progress = (text: string) => void underWay.set(plan, text);
    const before = working;
    const mine = before.then(() => {
      stopping.signal.throwIfAborted();
      return work({ signal: stopping.signal, clock, progress });
    });
    working = mine.catch(() => {});
    try {
      return await mine;
    } finally {
      underWay.delete(plan);
    }
  }

  async function take(name: string, by: string, prove = false): Promise<BackupView> {
    const plan = planOf(name);
    const engine = engineOf(plan);
    const id = desk.newId();
    const backup = await alone(name, (ctx) => takeNow(plan, engine, id, by, ctx));
    if (backup.state === 'good' && (prove || (await isProofDue(plan)))) await proveAlone(backup, plan, by);
    await judge(plan);
    return (await rows.byId(store.db, id)) ?? backup;
  }

  async function takeNow(
    plan: BackupSettings,
    engine: BoundEngine,
    id: string,
    by: string,
    ctx: EngineContext,
  ): Promise<BackupView> {
    const folder = folderOf(plan, id);
    const { name, target } = plan;
    const begun = {
      id,
      plan: name,
      target,
      engine: engine.id,
      repository: 'local',
      folder,
      startedAt: clock.now(),
    };
    await store.transaction((tx) => rows.insert(tx, begun));
    let result: rows.Result;
    try {
      const taken = await engine.take({ folder: await beginFolder(folder) }, ctx);
      await finishFolder(folder);
      result = { state: 'good', ...taken };
    } catch (error) {
      await dropUnfinished(folder);
      result = { state: 'failed', detail: messageOf(error) };
    }
    await store.transaction(async (tx) => {
      await rows.settle(tx, id, clock.now(), result);
      const { state, detail } = result;
      await note(tx, by, state === 'good' ? 'backup.taken' : 'backup.failed', name, { id, target, detail });
    });
    desk.changed();
    const view = await rows.byId(store.db, id);
    if (!view) throw new Error(`the row of backup ${id} is gone`);
    return view;
  }

  async function prove(
    given: string,
    by: string,
    more: { withoutRestore?: boolean } = {},
  ): Promise<ProofView> {
    const backup = await rows.byId(store.db, given);
    if (!backup) throw new UpkeepError('not-found', `no backup has the id ${given}: upkeep backup list`);
    if (backup.state !== 'good')
      throw new UpkeepError('conflict', `backup ${given} is ${backup.state}: there is nothing to prove`);
    const plan = planOf(backup.plan);
    const proof = await proveAlone(backup, plan, by, more);
    await judge(plan);
    return proof;
  }

  const proveAlone = (
    backup: BackupView,
    plan: BackupSettings,
    by: string,
    more: { withoutRestore?: boolean } = {},
  ): Promise<ProofView> => alone(plan.name, (ctx) => proveNow(backup, plan, by, more, ctx));

  async function proveNow(
    backup: BackupView,
    plan: BackupSettings,
    by: string,
    more: { withoutRestore?: boolean },
    ctx: EngineContext,
  ): Promise<ProofView> {
    const engine = engineOf(backup);
    const manifest = (await rows.manifestOf(store.db, backup.id)) ?? {};
    const others = await rows.list(store.db, { plan: plan.name, states: ['good'], limit: usualCount });
    const id = desk.newId();
    const scratch = await makeScratch(plan, id);
    try {
      const proving = await engine.prove(
        {
          ...{ folder: backup.folder, manifest, scratch, ...more },
          usualBytes: others.filter((one) => one.id !== backup.id).map(({ bytes }) => bytes),
          smoke: plan.smoke.map((query) => ({ query })),
        },
        ctx,
      );
      const good = proving.looks.filter((look) => look.good).map(({ level }) => level);
      const proof: ProofView = {
        ...{ id, backup: backup.id, at: clock.now(), looks: proving.looks },
        level: good.at(-1) ?? null,
        isGood: proving.looks.length > 0 && proving.looks.every((look) => look.good),
        ...{ restoredInMs: proving.restoredInMs, restoredWith: proving.with },
      };
      await store.transaction(async (tx) => {
        await rows.insertProof(tx, proof);
        const wrong = proving.looks.find((look) => !look.good)?.detail;
        const { level, restoredInMs } = proof;
        const kind = proof.isGood ? 'backup.proven' : 'backup.not-proven';
        await note(tx, by, kind, plan.name, { id: backup.id, level, restoredInMs, detail: wrong ?? '' });
      });
      desk.changed();
      return proof;
    } finally {
      await dropScratch(scratch);
    }
  }

  const note: (
    tx: Parameters<typeof journal.append>[0],
    actor: string,
    kind: string,
    plan: string,
    payload: Readonly<Record<string, unknown>>,
  ) => Promise<unknown> = (tx, actor, kind, plan, payload) =>
    journal.append(tx, {
      at: clock.now(),
      actor,
      kind,
      subject: `backup:${plan}`,
      payload: { plan, ...payload },
    });

  async function isProofDue({ name, prove: when }: BackupSettings): Promise<boolean> {
    const known = await rows.list(store.db, { plan: name, states: ['good'], limit: 200 });
    return isDue(
      known.flatMap(({ proofs }) => proofs),
      clock.now(),
      proveEveryMs[when],
    );
  }

  async function judge(plan: BackupSettings): Promise<void> {
    const known = await rows.list(store.db, { plan: plan.name, limit: 200 });
    const found = alertsOf(plan, standingOf(plan, known, clock.now()), clock.now());
    const news = await Promise.all(
      found.map(async (one) => {
        const alert = await alertRows.byFingerprint(store.db, one.fingerprint);
        const isFiring = alert?.state === 'firing';
        return one.transition === 'fired' ? !isFiring : isFiring;
      }),
    );
    options.alert(found.filter((_, index) => news[index]));
  }

  return {
    take,
    prove,
    underWay: () => underWay,
    judge,
    async clean() {
      const cut = await rows.list(store.db, { states: ['taking'], limit: 1_000 });
      for (const { id, folder, plan } of cut) {
        await dropUnfinished(folder);
        await store.transaction(async (tx) => {
          const detail = 'Upkeep was stopped while it was taken';
          await rows.settle(tx, id, clock.now(), { state: 'failed', detail });
          await note(tx, 'upkeep', 'backup.failed', plan, { id, detail });
        });
      }
      for (const plan of plans()) await sweepScratch(plan);
    },
    async stop() {
      stopping.abort(new UpkeepError('conflict', 'Upkeep stops'));
      await working;
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
