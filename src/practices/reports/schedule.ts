/** Sends the daily report at its time, once for each day, also when Upkeep was down at that minute. */
import { timestamp } from '../../clock.ts';
import type { Message } from '../../core/message.ts';
import type { Desk } from '../../pipeline/desk.ts';
import type { JobHandlers } from '../../pipeline/run-jobs.ts';
import * as jobs from '../../store/jobs.ts';
import * as journal from '../../store/journal.ts';

export interface ReportSchedule {
  readonly jobs: JobHandlers;
  start(): Promise<void>;
}

export function scheduleReports(
  desk: Desk,
  options: {
    /** When a cron pattern comes next, in the team's time zone. */
    readonly nextRun: (pattern: string) => number | null;
    readonly write: () => Promise<{ title: string; markdown: string }>;
  },
): ReportSchedule {
  async function plan() {
    const [hour, minute] = desk.configuration().reports.daily.split(':').map(Number);
    const runAt = options.nextRun(`${minute ?? 0} ${hour ?? 6} * * *`);
    if (runAt === null) return;
    await desk.store.transaction((tx) =>
      jobs.enqueue(tx, {
        kind: 'report-daily',
        key: `report-daily:${timestamp(runAt)}`,
        payload: { at: runAt },
        runAt,
      }),
    );
    desk.changed();
  }

  async function send() {
    const report = await options.write();
    const at = desk.clock.now();
    const key = `report-daily:${timestamp(at).slice(0, 10)}`;
    const message: Message = {
      version: 1,
      event: 'report.ready',
      key,
      at: timestamp(at),
      source: desk.configuration().name,
      report,
      url: `${desk.baseUrl()}/report`,
    };
    await desk.store.transaction(async (tx) => {
      for (const notifier of desk.configuration().notifiers) {
        if (notifier.events?.includes('report.ready')) await desk.tellOne(tx, notifier, message, null);
      }
      await journal.append(tx, {
        at,
        actor: 'upkeep',
        kind: 'report.written',
        subject: 'report:daily',
        payload: { title: report.title },
      });
    });
    await plan();
  }

  return { jobs: { 'report-daily': send }, start: plan };
}
