/** Sends the review of alert rules on the first of each month, once, also when Upkeep was down at that hour. */
import { timestamp } from '../../clock.ts';
import type { Message } from '../../core/message.ts';
import type { Desk } from '../../pipeline/desk.ts';
import * as jobs from '../../store/jobs.ts';
import * as journal from '../../store/journal.ts';
import type { ReportSchedule } from '../reports/schedule.ts';

export function scheduleTuning(
  desk: Desk,
  options: {
    readonly nextRun: (pattern: string) => number | null;
    readonly write: () => Promise<{ title: string; markdown: string; advice: readonly unknown[] }>;
  },
): ReportSchedule {
  async function plan() {
    const [hour, minute] = desk.configuration().reports.daily.split(':').map(Number);
    const runAt = options.nextRun(`${minute ?? 0} ${hour ?? 6} 1 * *`);
    if (runAt === null) return;
    await desk.store.transaction((tx) =>
      jobs.enqueue(tx, {
        kind: 'rule-tuning',
        key: `rule-tuning:${timestamp(runAt)}`,
        payload: { at: runAt },
        runAt,
      }),
    );
    desk.changed();
  }

  async function send() {
    const { title, markdown, advice } = await options.write();
    const at = desk.clock.now();
    const message: Message = {
      version: 1,
      event: 'report.ready',
      key: `rule-tuning:${timestamp(at).slice(0, 7)}`,
      at: timestamp(at),
      source: desk.configuration().name,
      report: { title, markdown },
      url: `${desk.baseUrl()}/rules`,
    };
    await desk.store.transaction(async (tx) => {
      for (const notifier of desk.configuration().notifiers)
        if (notifier.events?.includes('report.ready')) await desk.tellOne(tx, notifier, message, null);
      await journal.append(tx, {
        at,
        actor: 'upkeep',
        kind: 'report.written',
        subject: 'report:rule-tuning',
        payload: { title, rules: advice.length },
      });
    });
    await plan();
  }

  return { jobs: { 'rule-tuning': send }, start: plan };
}
