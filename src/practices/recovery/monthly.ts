/** What each plan drills by itself once a month: a random moment of the last day, and the control of its proofs. */
import { isControlDue, isMomentDue } from '../../core/backup/drill-schedule.ts';
import type { BackupSettings } from '../../core/backup/settings.ts';
import type { ProofView } from '../../core/backup/view.ts';
import * as rows from '../../store/backups.ts';
import type { Controls } from './control.ts';
import { type Ground, messageOf } from './ground.ts';

export interface Monthly {
  isDue(plan: BackupSettings): Promise<boolean>;
  /**
   * What is due now. What could not be begun is written down, and is due the next day again; not where something else is
   * done with the plan, or Upkeep stops: that comes when it is over.
   */
  run(plan: BackupSettings, by: string): Promise<'done' | 'busy' | 'stopped'>;
}

interface Doing {
  drill(plan: string, by: string): Promise<ProofView>;
  judge(plan: BackupSettings): Promise<void>;
}

const judgedBy = 200;

export function createMonthly(ground: Ground, controls: Controls, { drill, judge }: Doing): Monthly {
  const { clock, store } = ground.desk;

  async function due(plan: BackupSettings) {
    const known = await rows.list(store.db, { now: clock.now(), plan: plan.name, limit: judgedBy });
    const now = clock.now();
    return {
      moment: isMomentDue(known, plan.keepsLog === true, now),
      control: controls.isPossible(plan) && isControlDue(await controls.last(plan.name), known, now),
    };
  }

  /** What kept it from being begun or ended, and is no matter of the drill; null where nothing did. */
  async function attempt(plan: BackupSettings, by: string, what: string, work: () => Promise<unknown>) {
    try {
      await work();
    } catch (error) {
      if (ground.quietly().signal.aborted) return 'stopped';
      if (ground.underWay.has(plan.name)) return 'busy';
      const detail = messageOf(error);
      await store.transaction((tx) =>
        ground.note(tx, by, 'backup.drill-not-run', plan.name, { what, detail }),
      );
      ground.desk.changed();
    }
    return null;
  }

  return {
    async isDue(plan) {
      const { moment, control } = await due(plan);
      return moment || control;
    },
    async run(plan, by) {
      const { moment, control } = await due(plan);
      const kept = control ? await attempt(plan, by, 'control', () => controls.run(plan, by)) : null;
      const other = kept ?? (moment ? await attempt(plan, by, 'moment', () => drill(plan.name, by)) : null);
      if (other !== null) return other;
      await judge(plan);
      return 'done';
    },
  };
}
