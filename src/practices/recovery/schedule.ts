/** Takes backups at their time of day, also when Upkeep was down at that minute, and looks how they stand in between. */
import type { Desk } from '../../pipeline/desk.ts';
import type { JobHandlers } from '../../pipeline/run-jobs.ts';
import * as jobs from '../../store/jobs.ts';
import type { Recovery } from './index.ts';

export interface RecoverySchedule {
  readonly jobs: JobHandlers;
  /** After a start, and after a new configuration. */
  start(): Promise<void>;
}

const lookEveryMs = 15 * 60_000;

export function scheduleBackups(
  desk: Desk,
  recovery: Recovery,
  /** When a cron pattern comes next, in the team's time zone. */
  nextRun: (pattern: string) => number | null,
): RecoverySchedule {
  const { clock, store } = desk;
  const plans = () => desk.configuration().backups;

  /** Each day is one job, whatever happened to the one before. */
  async function planNext(name: string): Promise<void> {
    const plan = plans().find((one) => one.name === name);
    const [hour, minute] = (plan?.at ?? '').split(':').map(Number);
    const runAt = plan ? nextRun(`${minute ?? 0} ${hour ?? 3} * * *`) : null;
    if (runAt === null) return;
    await store.transaction((tx) =>
      jobs.enqueue(tx, { kind: 'backup', key: `backup:${name}:${runAt}`, payload: { plan: name }, runAt }),
    );
    desk.changed();
  }

  async function takeDue({ plan }: Readonly<Record<string, unknown>>): Promise<void> {
    const name = String(plan);
    await planNext(name);
    if (!plans().some((one) => one.name === name) || recovery.underWay().has(name)) return;
    await recovery.take(name, 'upkeep');
  }

  async function look(): Promise<void> {
    for (const plan of plans()) await recovery.judge(plan);
    await planLook();
  }

  async function planLook(): Promise<void> {
    const runAt = clock.now() + lookEveryMs;
    await store.transaction((tx) =>
      jobs.enqueue(tx, { kind: 'backup-look', key: `backup-look:${runAt}`, payload: {}, runAt }),
    );
  }

  return {
    jobs: { backup: takeDue, 'backup-look': look },
    async start() {
      for (const { name } of plans()) await planNext(name);
      if (plans().length > 0) await look();
    },
  };
}
