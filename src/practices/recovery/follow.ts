/** Keeps the log of every plan coming whose engine reads it: begun again whenever it ends, and told where it cannot go on. */
import type { BoundEngine } from '../../core/backup/engine.ts';
import { type LogTrouble, toldTrouble } from '../../core/backup/log-trouble.ts';
import type { Heartbeat } from '../../core/backup/rpo.ts';
import type { BackupSettings } from '../../core/backup/settings.ts';
import { plain } from '../../core/plain.ts';
import type { Estate } from '../../pipeline/bound.ts';
import type { SampleStore } from '../../store/samples/index.ts';
import { folderOf } from './folders.ts';
import { type Ground, messageOf } from './ground.ts';
import { createHeartbeats } from './heartbeats.ts';
import type { ProofWish } from './prove.ts';
import { randomMoment } from './random-moment.ts';

export interface LogSources {
  readonly estate: () => Estate;
  /** What was measured; nothing is held against heartbeats where left out. */
  readonly range?: SampleStore['range'];
  /** A number in [0, 1). */
  readonly random: () => number;
  /** Whether the log of a plan comes has changed, and is to be told. */
  readonly logChanged: (plan: BackupSettings) => void;
}

export interface Logs {
  /** After a start, and after a new configuration: those that are new are begun, those that are gone are ended. */
  start(): void;
  stop(): Promise<void>;
  /** Why the log of a plan does not come; null where it does, is not known to, or nobody here reads it. */
  troubleOf(plan: string): LogTrouble | null;
  /** What is to be told of that unasked, as `toldTrouble` has it. */
  toldOf(plan: string): string | null | undefined;
  /** The day before that moment, or before now; oldest first. */
  heartbeats(target: string, until: number | null): Promise<readonly Heartbeat[]>;
  /** With what is known from outside about the moment that is restored. */
  withHeartbeats(plan: BackupSettings, wish: ProofWish): Promise<ProofWish>;
  /** @throws UpkeepError where no moment can be chosen */
  randomMoment(plan: string): ReturnType<typeof randomMoment>;
}

const againAfterMs = 10_000;
/** What goes on for so long is received again: a try that fails does so sooner (J). */
const settledMs = 30_000;
const longestWords = 600;
/** Heartbeats of so long before a moment: one of them is always near. */
const beatsMs = 86_400_000;

export function createLogs(ground: Ground, { estate, range, random, logChanged }: LogSources): Logs {
  const heartbeats = range && createHeartbeats(range, estate);
  const { desk } = ground;
  const running = new Map<
    string,
    { engine: BoundEngine; key: string; stop: AbortController; over: Promise<void> }
  >();

  /** Null of what goes on; nothing of what was not seen yet. */
  const troubles = new Map<string, LogTrouble | null>();
  const told = new Map<string, boolean>();

  /** Once it stands, and once it is over. */
  function tell(plan: BackupSettings): void {
    const words = toldTrouble(troubles.get(plan.name), desk.clock.now());
    if (words === undefined || told.get(plan.name) === (words !== null)) return;
    told.set(plan.name, words !== null);
    logChanged(plan);
  }

  function fails(plan: BackupSettings, detail: string): void {
    const before = troubles.get(plan.name);
    if (detail !== before?.detail) desk.log.warn('the log is not read', { plan: plan.name, detail });
    troubles.set(plan.name, { since: before?.since ?? desk.clock.now(), detail });
    tell(plan);
  }

  async function keep(plan: BackupSettings, engine: BoundEngine, signal: AbortSignal): Promise<void> {
    const ctx = { signal, clock: desk.clock, progress() {} };
    const place = { folder: folderOf(plan, 'next') };
    const settle = () => {
      if (troubles.get(plan.name)) desk.log.info('the log is read again', { plan: plan.name });
      troubles.set(plan.name, null);
      tell(plan);
    };
    while (!signal.aborted) {
      const cancel = desk.clock.after(settledMs, settle);
      try {
        await engine.follow?.(place, ctx);
      } catch (error) {
        if (!signal.aborted) fails(plan, plain(messageOf(error), longestWords));
      } finally {
        cancel();
      }
      await desk.clock.sleep(againAfterMs, signal).catch(() => {});
    }
    troubles.delete(plan.name);
    told.delete(plan.name);
  }

  async function beatsOf(target: string, until: number | null): Promise<readonly Heartbeat[]> {
    const now = desk.clock.now();
    return (await heartbeats?.of(target, (until ?? now) - beatsMs, now)) ?? [];
  }

  const wanted = () =>
    ground.plans().flatMap((plan) => {
      const engine = engineOf(plan);
      return engine?.follow && plan.log !== 'archive' ? [{ plan, engine }] : [];
    });

  function engineOf(plan: BackupSettings): BoundEngine | null {
    try {
      return ground.engineOf(plan);
    } catch {
      return null;
    }
  }

  return {
    start() {
      const now = new Map(wanted().map((one) => [one.plan.name, one]));
      for (const [name, { engine, key, stop }] of running) {
        const still = now.get(name);
        if (still?.engine === engine && still.plan.folder === key) now.delete(name);
        else {
          stop.abort(new Error('the plan has changed'));
          running.delete(name);
        }
      }
      for (const [name, { plan, engine }] of now) {
        const stop = new AbortController();
        running.set(name, { engine, key: plan.folder, stop, over: keep(plan, engine, stop.signal) });
      }
    },
    heartbeats: beatsOf,
    troubleOf: (plan) => troubles.get(plan) ?? null,
    toldOf: (name) =>
      wanted().some(({ plan }) => plan.name === name)
        ? toldTrouble(troubles.get(name), desk.clock.now())
        : null,
    randomMoment: (name) => randomMoment(ground, heartbeats, name, random),
    async withHeartbeats({ target, keepsLog }, wish) {
      if (!keepsLog || !heartbeats) return wish;
      return { ...wish, heartbeats: await beatsOf(target, wish.until ?? null) };
    },
    async stop() {
      for (const { stop } of running.values()) stop.abort(new Error('Upkeep stops'));
      await Promise.all([...running.values()].map(({ over }) => over));
    },
  };
}
