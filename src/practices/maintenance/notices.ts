/**
 * Tells of maintenance windows ahead of time, at their start and at their end, each once and also over restarts:
 * jobs are planned a little further ahead than the longest notice, again and again.
 */
import { timestamp } from '../../clock.ts';
import type { NotifierSettings } from '../../core/configuration.ts';
import { type MaintenanceWindow, occurrencesOf } from '../../core/maintenance.ts';
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
    for (const { startsAt, endsAt } of occurrencesOf(window, now, to)) {
      const times: Record<Phase, number> = {
        scheduled: startsAt - window.noticeBeforeMs,
        started: startsAt,
        ended: endsAt,
      };
      for (const phase of phases) {
        // A notice that is late is still of use, a start that is over is not.
        if (phase === 'started' && startsAt <= now - 60_000) continue;
        if (phase === 'scheduled' && startsAt <= now) continue;
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
      if (await wasTold(tx, name, phase, startsAt)) return;
      const key = `maintenance:${name}:${timestamp(startsAt)}:${phase}`;
      const notice = maintenanceNotice(window, { startsAt, endsAt, phase });
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
        payload: { what: window.what, startsAt, endsAt, told: window.notify },
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

/** Jobs are planned again as long as a window lies ahead; people hear of each phase once. */
async function wasTold(tx: Tx, name: string, phase: Phase, startsAt: number): Promise<boolean> {
  const earlier = await journal.list(tx, {
    subject: `maintenance:${name}`,
    kinds: [journalKinds[phase]],
    limit: 200,
  });
  return earlier.some(({ payload }) => payload.startsAt === startsAt);
}
