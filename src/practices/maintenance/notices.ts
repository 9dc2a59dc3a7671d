/**
 * Tells of maintenance windows ahead of time, at their start and at their end, each once and also over restarts:
 * jobs are planned a little further ahead than the longest notice, again and again.
 */
import { timestamp } from '../../clock.ts';
import type { NotifierSettings } from '../../core/configuration.ts';
import { comesOften, type MaintenanceWindow, occurrencesOf, seriesOf } from '../../core/maintenance.ts';
import { maintenanceNotice } from '../../core/maintenance-notice.ts';
import type { Message } from '../../core/message.ts';
import type { Desk } from '../../pipeline/desk.ts';
import { allWindows, releaseAt } from '../../pipeline/holds.ts';
import type { JobHandlers } from '../../pipeline/run-jobs.ts';
import type { Tx } from '../../store/index.ts';
import * as jobs from '../../store/jobs.ts';
import * as journal from '../../store/journal.ts';

const lookAheadMs = 8 * 86_400_000;
const againAfterMs = 6 * 3_600_000;
const phases = ['scheduled', 'started', 'ended'] as const;
type Phase = (typeof phases)[number];

const journalKinds = {
  scheduled: 'maintenance.announced',
  started: 'maintenance.started',
  ended: 'maintenance.ended',
} as const;

export interface MaintenanceSchedule {
  readonly jobs: JobHandlers;
  start(): Promise<void>;
}

/** Jobs for what is coming; one that waits already is left as it is. */
export async function planNotices(tx: Tx, windows: readonly MaintenanceWindow[], now: number): Promise<void> {
  for (const window of windows) {
    const to = now + Math.max(lookAheadMs, window.noticeBeforeMs + againAfterMs);
    const isOften = comesOften(window, now);
    let isFirst = true;
    for (const { startsAt, endsAt } of occurrencesOf(window, now, to)) {
      const times: Record<Phase, number> = {
        scheduled: startsAt - window.noticeBeforeMs,
        started: startsAt,
        ended: endsAt,
      };
      for (const phase of phases) {
        // A notice that is late is still of use, a start that is over is not.
        if (phase === 'started' && startsAt <= now - 60_000) continue;
        if (phase === 'scheduled') {
          if (startsAt <= now) continue;
          // The first stands for all of its series that lie ahead.
          const isOfAnother = !isFirst && (isOften || times.scheduled <= now);
          isFirst = false;
          if (isOfAnother) continue;
        }
        await jobs.enqueue(tx, {
          kind: 'maintenance-notice',
          key: `maintenance:${window.name}:${startsAt}:${phase}`,
          payload: { window: window.name, startsAt, endsAt, phase },
          runAt: Math.max(times[phase], now),
        });
      }
    }
  }
}

export function scheduleMaintenance(desk: Desk): MaintenanceSchedule {
  const { clock, store } = desk;

  async function plan() {
    const now = clock.now();
    await store.transaction(async (tx) => {
      await planNotices(tx, await allWindows(desk, tx), now);
      await jobs.enqueue(tx, {
        kind: 'maintenance-plan',
        key: `maintenance-plan:${Math.floor(now / againAfterMs)}`,
        payload: {},
        runAt: now + againAfterMs,
      });
    });
    desk.changed();
  }

  async function tell(phase: Phase, name: string, startsAt: number, endsAt: number) {
    await store.transaction(async (tx) => {
      // At its own end it is over already, and still the one to tell of.
      const window = (await allWindows(desk, tx, startsAt)).find((one) => one.name === name) ?? null;
      // Cancelled or moved meanwhile; its end is told to whoever heard of its start.
      const isStill =
        window && occurrencesOf(window, startsAt, startsAt + 1).some((one) => one.startsAt === startsAt);
      if (!window || !isStill) return;
      const told = await toldOf(tx, window, phase, clock.now());
      const now = clock.now();
      const ahead =
        phase === 'scheduled'
          ? occurrencesOf(window, startsAt, Math.max(startsAt, now + window.noticeBeforeMs) + 1)
          : [{ startsAt, endsAt }];
      const untold = ahead.filter((one) => one.startsAt >= startsAt && !told(one.startsAt));
      const [first] = untold;
      if (!first) return;
      const lastStartsAt = untold.at(-1)?.startsAt ?? first.startsAt;
      const isLast = phase === 'scheduled' && comesOften(window, now);
      const isSeries = isLast || untold.length > 1;
      const more = isSeries ? { more: { amount: untold.length - 1, lastStartsAt, isLast } } : {};
      const key = `maintenance:${name}:${timestamp(first.startsAt)}:${phase}`;
      const notice = maintenanceNotice(window, { ...first, phase, ...more });
      const message: Message = {
        version: 1,
        event: `maintenance.${phase}`,
        key,
        at: timestamp(clock.now()),
        source: desk.configuration().name,
        notice,
        url: `${desk.baseUrl()}/maintenance`,
      };
      for (const notifier of desk.configuration().notifiers)
        if (isTold(window, notifier, message.event)) await desk.tellOne(tx, notifier, message, null);
      await journal.append(tx, {
        at: clock.now(),
        actor: 'upkeep',
        kind: journalKinds[phase],
        subject: `maintenance:${name}`,
        payload: {
          ...{ what: window.what, ...first, told: window.notify },
          ...(isSeries ? { lastStartsAt, series: seriesOf(window) } : {}),
        },
      });
      if (phase === 'ended') await releaseAt(tx, clock.now());
    });
    desk.changed();
  }

  return {
    jobs: {
      'maintenance-plan': plan,
      'maintenance-notice': (job) => {
        const phase = phases.find((one) => one === job.phase);
        return phase
          ? tell(phase, String(job.window), Number(job.startsAt), Number(job.endsAt))
          : Promise.resolve();
      },
    },
    start: plan,
  };
}

/** Who is named hears everything, who hears by default what its `events` take. */
function isTold(
  { notify, isNotifyDefault }: MaintenanceWindow,
  { name, events }: NotifierSettings,
  event: Message['event'],
): boolean {
  return notify.includes(name) && (isNotifyDefault !== true || (events?.includes(event) ?? true));
}

/** Jobs are planned again as long as a window lies ahead; people hear of each phase once, of a frequent series ahead once at all. */
async function toldOf(
  tx: Tx,
  window: MaintenanceWindow,
  phase: Phase,
  now: number,
): Promise<(startsAt: number) => boolean> {
  const earlier = await journal.list(tx, {
    subject: `maintenance:${window.name}`,
    kinds: [journalKinds[phase]],
    limit: 200,
  });
  const [series, isOften] = [seriesOf(window), comesOften(window, now)];
  return (startsAt) =>
    earlier.some(({ payload }) => {
      if (payload.startsAt === startsAt) return true;
      if (payload.series !== series) return false;
      return isOften || (Number(payload.startsAt) < startsAt && startsAt <= Number(payload.lastStartsAt));
    });
}
