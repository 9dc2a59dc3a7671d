/** How what others push enters the loop: stored, then judged by the same checks as everything else. */
import type { Inbox } from '../../core/inbox.ts';
import type { Estate } from '../bound.ts';
import type { Desk } from '../desk.ts';
import { createForeignAlerts, type ForeignAlerts } from './alerts.ts';
import { type BlindSpans, createBlindSpans } from './blind-spans.ts';
import { createHeartbeats, type Heartbeats } from './heartbeats.ts';
import { createPushed, type Pushed, type TakeReadings } from './pushed.ts';

export interface Intake {
  readonly heartbeats: Heartbeats;
  readonly alerts: ForeignAlerts;
  readonly pushed: Pushed;
  readonly blind: Pick<BlindSpans, 'add'>;
  /** What is known for a target, as its probes see it. */
  inboxOf(target: string): Inbox;
  load(): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

export function createIntake(
  desk: Desk,
  options: {
    readonly estate: () => Estate;
    /** Runs the checks of these targets at once. */
    readonly prompt: (targets: readonly string[]) => void;
    readonly takeReadings: TakeReadings;
  },
): Intake {
  const { estate, prompt } = options;
  const heartbeats = createHeartbeats(desk, { estate, onTaken: (target) => prompt([target]) });
  const alerts = createForeignAlerts(desk, { estate, onTaken: prompt });
  const pushed = createPushed(desk, { estate, takeReadings: options.takeReadings });
  const isNeeded = () => [...estate().targets.values()].some(({ bound }) => bound.receiving !== undefined);
  const blind = createBlindSpans(desk, {
    isNeeded,
    receipts: () => ({ pushed: pushed.lastAt(), alerts: alerts.lastAt() }),
    onReceipts(kept) {
      pushed.restore(kept.pushed);
      alerts.restore(kept.alerts);
    },
  });
  let loading: Promise<void> | undefined;

  return {
    heartbeats,
    alerts,
    pushed,
    blind,
    inboxOf: (target) => ({
      heartbeat: () => heartbeats.of(target),
      blind: blind.all,
      alerts: () => alerts.about(target),
      receipt: () => pushed.receiptOf(target) ?? receiptOfAlerts(alerts.heardAt(target)),
    }),
    load() {
      loading ??= Promise.all([heartbeats.load(), alerts.load(), blind.load()]).then(() => {});
      return loading;
    },
    start: blind.start,
    stop: blind.stop,
  };
}

function receiptOfAlerts(heardAt: number | null) {
  return heardAt === null ? null : { lastAt: heardAt, series: 0, dropped: 0 };
}
