/** What plans drill each month, one after the other, when no backup can be begun; what was cut off or found its plan busy is owed until it was done. */
import { isAhead } from '../../core/backup/ahead.ts';
import type { BackupSettings } from '../../core/backup/settings.ts';
import { type DrillCandidate, nextDrill, type OwedDrill } from '../../core/backup/turn.ts';
import { count } from '../../core/count.ts';
import type { Desk } from '../../pipeline/desk.ts';
import type { Tx } from '../../store/index.ts';
import * as journal from '../../store/journal.ts';
import * as meta from '../../store/meta.ts';
import { messageOf } from './ground.ts';
import type { Recovery } from './index.ts';

export interface DrillTurns {
  owe(plan: string, dueAt: number): Promise<void>;
  /** The next one, to its end; false where none can be begun. */
  give(): Promise<boolean>;
}

interface Doing {
  /** Looks at the turns again in a minute. */
  again(plan: string): Promise<void>;
  /** Looks at the turns again then; told once. */
  pausedAt(plan: string, until: number, told: Told): Promise<void>;
  moment(at: number): string;
}

/** For the journal. */
export interface Told {
  readonly kind: 'backup.waits' | 'backup.drill-waits';
  readonly detail: string;
}

const keyOf = (plan: string) => `backups.drill-owed.${plan}`;
const kind = 'backup.drill-waits';

export function createDrillTurns(
  desk: Desk,
  recovery: Pick<Recovery, 'underWay' | 'monthly'>,
  { again, pausedAt, moment }: Doing,
): DrillTurns {
  const { clock, store, log } = desk;
  const plans = () => desk.configuration().backups;

  async function kept(tx: Tx, plan: string): Promise<OwedDrill | null> {
    const text = await meta.read(tx, keyOf(plan));
    return text === undefined ? null : JSON.parse(text);
  }

  async function keep(tx: Tx, plan: string, owed: OwedDrill | null): Promise<void> {
    await meta.write(tx, keyOf(plan), JSON.stringify(owed));
  }

  async function candidates(): Promise<DrillCandidate[]> {
    const found: DrillCandidate[] = [];
    for (const { name } of plans()) {
      const owed = await kept(store.db, name);
      if (owed !== null) found.push({ plan: name, owed, isBusy: recovery.underWay().has(name) });
    }
    return found;
  }

  async function wait(plan: string): Promise<void> {
    await again(plan);
    const isNew = await store.transaction(async (tx) => {
      const owed = await kept(tx, plan);
      if (owed === null || owed.isTold) return false;
      await keep(tx, plan, { ...owed, isTold: true });
      const busyWith = recovery.underWay().get(plan) ?? 'it is over by now';
      const detail = `due now, and something else is done with ${plan}: ${busyWith}; it comes when that is over`;
      const about = { subject: `backup:${plan}`, payload: { plan, detail } };
      await journal.append(tx, { at: clock.now(), actor: 'upkeep', kind, ...about });
      return true;
    });
    if (isNew) desk.changed();
  }

  async function pause({ plan, tries, until }: { plan: string; tries: number; until: number }) {
    const detail = `it was cut off ${count(tries, 'time')} in a row by an end of Upkeep; it is tried again from ${moment(until)}`;
    await pausedAt(plan, until, { kind, detail });
  }

  async function run(plan: BackupSettings): Promise<'done' | 'busy' | 'stopped' | 'failed'> {
    const { name } = plan;
    const owed = await kept(store.db, name);
    if (owed === null) return 'done';
    await keep(store.db, name, { ...owed, tries: owed.tries + 1, triedAt: clock.now() });
    const end = await recovery.monthly.run(plan, 'upkeep').catch((error: unknown) => {
      log.error('a monthly drill could not be ended', { plan: name, error: messageOf(error) });
      return 'failed' as const;
    });
    // What Upkeep cut off by its own end is owed at the next start.
    if (end === 'done') await keep(store.db, name, null);
    if (end === 'failed') await again(name);
    if (end !== 'busy') return end;
    // It was not begun, so that is no try.
    await keep(store.db, name, owed);
    await wait(name);
    return end;
  }

  return {
    async owe(plan, dueAt) {
      await store.transaction(async (tx) => {
        const before = await kept(tx, plan);
        if (before !== null && !isAhead(before.dueAt, clock.now())) return;
        await keep(tx, plan, { dueAt, tries: 0, triedAt: null, isTold: false });
      });
    },
    async give() {
      const { next, paused, busy } = nextDrill(await candidates(), clock.now());
      for (const one of paused) await pause(one);
      for (const plan of busy) await wait(plan);
      const plan = plans().find(({ name }) => name === next?.plan);
      if (next === null || plan === undefined) return false;
      log.info('a monthly drill has its turn', next);
      return (await run(plan)) === 'done';
    },
  };
}
