/** What each plan drills by itself once a month: a random moment of the last day, and the control of its proofs. */
import { isControlDue, isMomentDue } from '../../core/backup/drill-schedule.ts';
import type { BackupSettings } from '../../core/backup/settings.ts';
import type { ProofView } from '../../core/backup/view.ts';
import * as rows from '../../store/backups.ts';
import type { Controls } from './control.ts';
import { type Ground, messageOf } from './ground.ts';

export interface Monthly {
  isDue(plan: BackupSettings): Promise<boolean>;
  /** What is due now. What could not be begun is written down, and is due the next day again. */
  run(plan: BackupSettings, by: string): Promise<void>;
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

  async function attempt(plan: BackupSettings, by: string, what: string, work: () => Promise<unknown>) {
    try {
      await work();
    } catch (error) {
      const detail = messageOf(error);
      await store.transaction((tx) =>
        ground.note(tx, by, 'backup.drill-not-run', plan.name, { what, detail }),
      );
      ground.desk.changed();
    }
  }

  return {
    async isDue(plan) {
      const { moment, control } = await due(plan);
      return moment || control;
    },
    async run(plan, by) {
      const { moment, control } = await due(plan);
      if (control) await attempt(plan, by, 'control', () => controls.run(plan, by));
      if (moment) await attempt(plan, by, 'moment', () => drill(plan.name, by));
      await judge(plan);
    },
  };
}
