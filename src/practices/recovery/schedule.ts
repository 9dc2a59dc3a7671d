/** Takes backups at their time of day, also when Upkeep was down at that minute, and looks how they stand in between. */
import type { BackupSettings } from '../../core/backup/settings.ts';
import { longestPauseMs } from '../../core/backup/turn.ts';
import { momentText } from '../../core/oncall/wall-time.ts';
import type { Desk } from '../../pipeline/desk.ts';
import type { JobHandlers } from '../../pipeline/run-jobs.ts';
import * as jobs from '../../store/jobs.ts';
import * as journal from '../../store/journal.ts';
import { followPlanned } from '../planned-ahead.ts';
import type { Recovery } from './index.ts';
import { createTurns, turnKind } from './turns.ts';

export interface RecoverySchedule {
  readonly jobs: JobHandlers;
  /** After a start, and after a new configuration. */
  start(): Promise<void>;
}

const lookEveryMs = 15 * 60_000;
const copyAgainMs = 3_600_000;
const whileBusyMs = 60_000;
/** After the backups of the night. */
const drillAt = '30 4 * * *';
/** When people are there to answer, and the night's backups are proven. */
const expiryAt = '0 10 * * *';

/** A day, and the hour by which the longest day of the year is longer. */
const dayMs = 26 * 3_600_000;
/** So far ahead each kind is planned at most; what waits for longer was planned by a clock that was ahead. */
const longestWaitMs: Readonly<Record<string, number>> = {
  backup: dayMs,
  'backup-look': lookEveryMs,
  'backup-copy': lookEveryMs,
  'backup-expiry': dayMs,
  'backup-elsewhere': lookEveryMs,
  'backup-drill': dayMs,
  [turnKind]: longestPauseMs,
};

export function scheduleBackups(
  desk: Desk,
  recovery: Recovery,
  /** When a cron pattern comes next, in the team's time zone. */
  nextRun: (pattern: string) => number | null,
): RecoverySchedule {
  const { clock, store } = desk;
  const plans = () => desk.configuration().backups;
  const turns = createTurns(desk, recovery, (at) => momentText(at, desk.configuration().timezone));

  /** Each day is one job, whatever happened to the one before. */
  async function planNext(name: string): Promise<void> {
    const plan = plans().find((one) => one.name === name);
    const [hour, minute] = (plan?.at ?? '').split(':').map(Number);
    const runAt = plan ? nextRun(`${minute ?? 0} ${hour ?? 3} * * *`) : null;
    if (runAt === null) return;
    const payload = { plan: name, dueAt: runAt };
    await store.transaction((tx) =>
      jobs.enqueue(tx, { kind: 'backup', key: `backup:${name}:${runAt}`, payload, runAt }),
    );
    desk.changed();
  }

  async function takeDue({ plan, dueAt, isTold }: Readonly<Record<string, unknown>>): Promise<void> {
    const name = String(plan);
    await planNext(name);
    if (!plans().some((one) => one.name === name)) return;
    const due = Number(dueAt ?? clock.now());
    const busyWith = turns.current() === name ? undefined : recovery.underWay().get(name);
    if (busyWith !== undefined) return takeLater(name, busyWith, { dueAt: due, isTold: isTold === true });
    await turns.owe(name, due);
    await turns.run();
  }

  /** Something else is done with the same backups: it is looked again until that is over. */
  async function takeLater(
    name: string,
    busyWith: string,
    { dueAt, isTold }: { readonly dueAt: number; readonly isTold: boolean },
  ): Promise<void> {
    const at = clock.now();
    const payload = { plan: name, dueAt, isTold: true };
    const detail = `due now, and something else is done with ${name}: ${busyWith}; it is taken when that is over`;
    await store.transaction(async (tx) => {
      const job = { kind: 'backup', key: `backup:${name}:waits`, payload, runAt: at + whileBusyMs };
      const isNew = await jobs.enqueue(tx, job);
      if (!isNew || isTold) return;
      const about = { subject: `backup:${name}`, payload: { plan: name, detail } };
      await journal.append(tx, { at, actor: 'upkeep', kind: 'backup.waits', ...about });
    });
    desk.changed();
  }

  async function planExpiry(): Promise<void> {
    const runAt = nextRun(expiryAt);
    if (runAt === null) return;
    const key = `backup-expiry:${runAt}`;
    await store.transaction((tx) => jobs.enqueue(tx, { kind: 'backup-expiry', key, payload: {}, runAt }));
    desk.changed();
  }

  async function expire(): Promise<void> {
    await planExpiry();
    if (plans().length > 0) await recovery.expire('upkeep');
  }

  async function look(): Promise<void> {
    for (const plan of plans()) {
      await recovery.look(plan);
      await recovery.offsite.look(plan);
      await recovery.judge(plan);
      await planCopy(plan);
      await planElsewhere(plan);
      await planMonthly(plan);
    }
    await recovery.endGone();
    await planLook();
  }

  /** What is due, was cut off or failed; tried again each hour. */
  async function planCopy(plan: BackupSettings): Promise<void> {
    if (!(await recovery.offsite.wants(plan))) return;
    const { name } = plan;
    const runAt = clock.now();
    const key = `backup-copy:${name}:${Math.floor(runAt / copyAgainMs)}`;
    await store.transaction((tx) =>
      jobs.enqueue(tx, { kind: 'backup-copy', key, payload: { plan: name }, runAt }),
    );
    desk.changed();
  }

  async function copyDue({ plan: name }: Readonly<Record<string, unknown>>): Promise<void> {
    await turns.run();
    const plan = plans().find((one) => one.name === name);
    if (plan && (await recovery.offsite.wants(plan))) await recovery.offsite.copy(plan.name, 'upkeep');
  }

  /** A backup into each further repository, weekly; tried again each hour. */
  async function planElsewhere(plan: BackupSettings): Promise<void> {
    const runAt = clock.now();
    for (const repository of await recovery.elsewhere.due(plan)) {
      const key = `backup-elsewhere:${plan.name}:${repository}:${Math.floor(runAt / copyAgainMs)}`;
      const payload = { plan: plan.name, repository };
      await store.transaction((tx) => jobs.enqueue(tx, { kind: 'backup-elsewhere', key, payload, runAt }));
      desk.changed();
    }
  }

  async function takeElsewhere({ plan: name, repository }: Readonly<Record<string, unknown>>): Promise<void> {
    await turns.run();
    const plan = plans().find((one) => one.name === name);
    const due = plan ? await recovery.elsewhere.due(plan) : [];
    if (plan && due.includes(String(repository)))
      await recovery.take(plan.name, 'upkeep', { repository: String(repository) });
  }

  /** At night, on the days on which something is due; what failed is due the next day again. */
  async function planMonthly(plan: BackupSettings): Promise<void> {
    const runAt = (await recovery.monthly.isDue(plan)) ? nextRun(drillAt) : null;
    if (runAt === null) return;
    const key = `backup-drill:${plan.name}:${runAt}`;
    const payload = { plan: plan.name, dueAt: runAt };
    await store.transaction((tx) => jobs.enqueue(tx, { kind: 'backup-drill', key, payload, runAt }));
  }

  async function drillDue({ plan, dueAt }: Readonly<Record<string, unknown>>): Promise<void> {
    await turns.oweDrill(String(plan), Number(dueAt ?? clock.now()));
    await turns.run();
  }

  async function planLook(inMs = lookEveryMs): Promise<void> {
    const look = { kind: 'backup-look', key: 'backup-look', payload: {}, runAt: clock.now() + inMs };
    await store.transaction((tx) => jobs.enqueue(tx, look));
  }

  /** What an end of Upkeep cut off. */
  async function planTurns(): Promise<void> {
    const turn = { kind: turnKind, key: turnKind, payload: {}, runAt: clock.now() };
    await store.transaction((tx) => jobs.enqueue(tx, turn));
    desk.changed();
  }

  async function planAll(): Promise<void> {
    for (const { name } of plans()) await planNext(name);
    await planExpiry();
  }

  const planned = followPlanned(desk, [
    {
      ...{ what: 'backups', longestWaitMs },
      async again() {
        await planAll();
        await planLook(0);
      },
    },
  ]);
  recovery.stopping.addEventListener('abort', planned.stop);

  return {
    jobs: {
      backup: takeDue,
      'backup-look': look,
      'backup-copy': copyDue,
      'backup-expiry': expire,
      'backup-elsewhere': takeElsewhere,
      'backup-drill': drillDue,
      [turnKind]: turns.run,
    },
    async start() {
      if (plans().length === 0) return recovery.endGone();
      await planned.look();
      await planAll();
      await planTurns();
      await look();
      planned.start();
    },
  };
}
