/** Gives the plans whose backups or drills are due their turns, one after the other; what an end of Upkeep cut off is owed until it was done. */
import { isAhead } from '../../core/backup/ahead.ts';
import { proveEveryMs } from '../../core/backup/settings.ts';
import {
  begun,
  type Candidate,
  newlyOwed,
  nextTurn,
  type Owed,
  type Step,
  type Turn,
} from '../../core/backup/turn.ts';
import { count } from '../../core/count.ts';
import type { Desk } from '../../pipeline/desk.ts';
import * as backups from '../../store/backups.ts';
import type { Tx } from '../../store/index.ts';
import * as jobs from '../../store/jobs.ts';
import * as journal from '../../store/journal.ts';
import * as meta from '../../store/meta.ts';
import { createDrillTurns, type Told } from './drill-turns.ts';
import { messageOf } from './ground.ts';
import type { Recovery } from './index.ts';

export interface Turns {
  /** A backup of that plan fell due then: it is owed until it was taken, and its proof with it. */
  owe(plan: string, dueAt: number): Promise<void>;
  /** What a plan drills each month fell due then: it is owed until it was done. */
  oweDrill(plan: string, dueAt: number): Promise<void>;
  /** Until nothing that is owed can be begun: backups first, then drills. */
  run(): Promise<void>;
  /** The plan that has its turn now; null where none has. */
  current(): string | null;
}

/** Runs the turns again; one that waits for each reason. */
export const turnKind = 'backup-turn';

/** `isOver`: it was done to its end, and that due moment comes no more. */
type Kept = Owed & { readonly isOver?: true };

const keyOf = (plan: string) => `backups.owed.${plan}`;
const judgedBy = 200;
const againMs = 60_000;

export function createTurns(desk: Desk, recovery: Recovery, moment: (at: number) => string): Turns {
  const { clock, log, store } = desk;
  let isFirst = true;
  let current: string | null = null;
  let last: Promise<void> = Promise.resolve();
  const plans = () => desk.configuration().backups;
  const drills = createDrillTurns(desk, recovery, { again, pausedAt, moment });

  async function kept(tx: Tx, plan: string): Promise<Kept | null> {
    const text = await meta.read(tx, keyOf(plan));
    return text === undefined ? null : JSON.parse(text);
  }

  async function owe(plan: string, dueAt: number): Promise<void> {
    await store.transaction(async (tx) => {
      const before = await kept(tx, plan);
      const isKnown = before !== null && before.dueAt >= dueAt && !isAhead(before.dueAt, clock.now());
      if (isKnown) return;
      const isOwed = before !== null && before.isOver !== true;
      await keep(tx, plan, isOwed ? { ...before, dueAt } : newlyOwed(dueAt));
    });
  }

  async function keep(tx: Tx, plan: string, owed: Kept): Promise<void> {
    await meta.write(tx, keyOf(plan), JSON.stringify(owed));
  }

  /** What is due and whose job comes to it only after this: else the first to come would go before what waited longer. */
  async function oweDue(): Promise<void> {
    for (const { payload } of await jobs.due(store.db, 'backup', clock.now()))
      if (typeof payload.dueAt === 'number') await owe(String(payload.plan), payload.dueAt);
  }

  async function candidates(): Promise<Candidate[]> {
    const found: Candidate[] = [];
    for (const { name, prove } of plans()) {
      const owed = await kept(store.db, name);
      if (owed === null || owed.isOver) continue;
      const query = { now: clock.now(), plan: name, limit: judgedBy };
      found.push({
        ...{ plan: name, owed, proveEveryMs: proveEveryMs[prove] },
        known: await backups.list(store.db, query),
        isBusy: recovery.underWay().has(name),
      });
    }
    return found;
  }

  async function work(): Promise<void> {
    const failed = new Set<string>();
    while (!recovery.stopping.aborted) {
      await oweDue();
      const all = (await candidates()).filter(({ plan }) => !failed.has(plan));
      const { next, over, paused, busy } = nextTurn(all, clock.now());
      for (const plan of over) await end(plan);
      for (const one of paused) await pause(one);
      for (const plan of busy) await again(plan);
      const owed = all.find(({ plan }) => plan === next?.plan)?.owed;
      if (next === null || owed === undefined) {
        // What only tries a restore never takes the time of a backup that is due.
        if (await drills.give()) continue;
        return;
      }
      if (!(await give(next, owed))) failed.add(next.plan);
    }
  }

  /** False where it could not be begun or ended for a reason that is not its own. */
  async function give(step: Step, owed: Owed): Promise<boolean> {
    const { plan } = step;
    log.info('a backup has its turn', { ...step, tries: owed.tries });
    await store.transaction((tx) => keep(tx, plan, begun(owed, step, clock.now(), isFirst)));
    isFirst = false;
    current = plan;
    try {
      if (step.kind === 'prove') await recovery.prove(step.backup, 'upkeep');
      else await recovery.take(plan, 'upkeep');
    } catch (error) {
      if (recovery.stopping.aborted) return false;
      log.error('a backup that was due could not be ended', { ...step, error: messageOf(error) });
      await again(plan);
      return false;
    } finally {
      current = null;
    }
    // What Upkeep cut off by its own end is owed at the next start.
    if (recovery.stopping.aborted) return false;
    await settle(step, owed.dueAt);
    return true;
  }

  /** It came to its end, well or not: what fell due meanwhile, or the copy after a proof, is owed anew. */
  async function settle({ plan, kind }: Step, dueAt: number): Promise<void> {
    await store.transaction(async (tx) => {
      const now = (await kept(tx, plan)) ?? newlyOwed(dueAt);
      const isOver = kind === 'take' && now.dueAt === dueAt;
      await keep(tx, plan, { ...newlyOwed(now.dueAt), ...(isOver && { isOver }) });
    });
  }

  async function end(plan: string): Promise<void> {
    await store.transaction(async (tx) => {
      const owed = await kept(tx, plan);
      if (owed !== null) await keep(tx, plan, { ...newlyOwed(owed.dueAt), isOver: true });
    });
  }

  async function again(plan: string): Promise<void> {
    const runAt = clock.now() + againMs;
    const key = `${turnKind}:${plan}:again`;
    await store.transaction((tx) => jobs.enqueue(tx, { kind: turnKind, key, payload: {}, runAt }));
    desk.changed();
  }

  async function pause({ plan, tries, until }: Turn['paused'][number]): Promise<void> {
    await pausedAt(plan, until, {
      kind: 'backup.waits',
      detail: `it was cut off ${count(tries, 'time')} in a row by an end of Upkeep; it is tried again from ${moment(until)}, or now by hand: upkeep backup take ${plan}`,
    });
  }

  /** Told once for each pause, at whose end the turns are run again. */
  async function pausedAt(plan: string, until: number, { kind, detail }: Told): Promise<void> {
    const isNew = await store.transaction(async (tx) => {
      const job = { kind: turnKind, key: `${turnKind}:${plan}:${until}`, payload: {}, runAt: until };
      if (!(await jobs.enqueue(tx, job))) return false;
      const about = { subject: `backup:${plan}`, payload: { plan, detail } };
      await journal.append(tx, { at: clock.now(), actor: 'upkeep', kind, ...about });
      return true;
    });
    if (isNew) desk.changed();
  }

  return {
    owe,
    oweDrill: drills.owe,
    current: () => current,
    run() {
      const mine = last.then(work);
      last = mine.catch(() => {});
      return mine;
    },
  };
}
