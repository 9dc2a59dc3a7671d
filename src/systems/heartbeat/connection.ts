import { nextRun } from '../../clock.ts';
import type { Expectation } from '../../core/heartbeat.ts';
import { emptyInbox, type Inbox } from '../../core/inbox.ts';
import { momentText } from '../../core/oncall/wall-time.ts';
import type { ConnectContext } from '../../core/system.ts';
import type { HeartbeatConfig } from './config.ts';

export interface HeartbeatTarget {
  readonly config: HeartbeatConfig;
  readonly name: string;
  readonly inbox: Inbox;
  /** Given the last signal, since a period counts from it. */
  readonly expectation: (lastAt: number) => Expectation;
  /** A moment on the wall clock of the job, else of the team: `2026-11-24 00:23:34 AEDT`. */
  readonly when: (at: number) => string;
}

/** Clocks of two machines with NTP differ by far less; a run that begins this early is still the expected one. */
const clockSlackMs = 30_000;

export function connect(config: HeartbeatConfig, ctx: ConnectContext): HeartbeatTarget {
  const { cron, period, grace } = config;
  const timezone = config.timezone ?? ctx.timezone ?? 'UTC';
  return {
    config,
    name: ctx.target ?? 'NAME',
    inbox: ctx.inbox ?? emptyInbox,
    when: (at) => momentText(at, timezone),
    expectation: (lastAt) =>
      cron === undefined
        ? every(lastAt, period ?? Number.POSITIVE_INFINITY, grace)
        : {
            next: (after) => nextRun(cron, timezone, after),
            graceMs: grace,
            earlyMs: Math.min(grace, clockSlackMs),
          },
  };
}

/** Runs are expected on the grid that the last signal began. */
function every(lastAt: number, periodMs: number, graceMs: number): Expectation {
  return {
    next: (after) => lastAt + periodMs * (Math.floor(Math.max(0, after - lastAt) / periodMs) + 1),
    graceMs,
    earlyMs: Math.min(graceMs, periodMs / 2),
  };
}
