import { type Heartbeat, type Punctuality, punctuality } from '../../../core/heartbeat.ts';
import type { Outcome, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import type { HeartbeatTarget } from '../connection.ts';

export const runsProbe: Probe<HeartbeatTarget> = {
  id: 'heartbeat.runs',
  summary: 'Whether the runs that are due have come, how they ended and how long they took',
  liveness: true,
  waits: true,
  metrics: {
    'heartbeat.up': {
      summary: '1 while every run that was due has come, 0 when one is missed',
      unit: 'state',
      kind: 'gauge',
    },
    'heartbeat.outcome': {
      summary: 'How the last run ended: 1 well, 0 failed',
      unit: 'state',
      kind: 'gauge',
    },
    'heartbeat.age': { summary: 'Time since the last signal', unit: 'seconds', kind: 'gauge' },
    'heartbeat.duration': {
      summary: 'How long the last run took that told its start',
      unit: 'seconds',
      kind: 'gauge',
    },
    'heartbeat.duration.share': {
      summary: 'The same as a share of maxDuration',
      unit: 'ratio',
      kind: 'gauge',
    },
    'heartbeat.running': {
      summary: 'How long the longest run under way has taken so far, 0 without one',
      unit: 'seconds',
      kind: 'gauge',
    },
    'heartbeat.running.share': {
      summary: 'The same as a share of maxDuration',
      unit: 'ratio',
      kind: 'gauge',
    },
  },
  run: async (target, { clock }) => judge(target, clock.now()),
};

function judge(target: HeartbeatTarget, now: number): Outcome {
  const heartbeat = target.inbox.heartbeat();
  if (heartbeat === null) return neverSeen(target.name);
  const expectation = target.expectation(heartbeat.lastAt);
  const found = punctuality(heartbeat, expectation, target.inbox.blind(), now);
  const up = found.kind === 'unknown' ? Number.NaN : found.kind === 'late' ? 0 : 1;
  const detail = detailOf(found, heartbeat, now, target.when);
  const readings: Reading[] = [
    { metric: 'heartbeat.up', value: up, about: { detail } },
    { metric: 'heartbeat.age', value: (now - heartbeat.lastAt) / 1_000 },
    ...runReadings(heartbeat, target.config.maxDuration, now),
  ];
  return {
    ok: true,
    readings,
    detail,
    ...(found.kind === 'unknown'
      ? {
          missing: [
            { metrics: ['heartbeat.up'], reason: detail, remedy: 'nothing to do: the next run will tell' },
          ],
        }
      : {}),
  };
}

/** Unknown until the job has said something once. */
function neverSeen(name: string): Outcome {
  return {
    ok: false,
    why: 'broken-probe',
    detail: `never seen. \`upkeep heartbeat create ${name}\` prints its address once; put at the end of the job: curl -fsS -m 10 --retry 5 ADDRESS/$?`,
  };
}

function runReadings(
  { outcome, reason, output, open, durationMs }: Heartbeat,
  maxDurationMs: number | undefined,
  now: number,
): Reading[] {
  const readings: Reading[] = [];
  if (outcome !== null) {
    const line = output?.trimEnd().split('\n').at(-1)?.slice(0, 300);
    const about = {
      detail: [reason ?? 'ended well', ...(line ? [line] : [])].join(': '),
      ...(output ? { annotations: { output } } : {}),
    };
    readings.push({ metric: 'heartbeat.outcome', value: outcome === 'success' ? 1 : 0, about });
  }
  const runningMs = Math.max(0, ...Object.values(open).map((at) => now - at));
  readings.push({ metric: 'heartbeat.running', value: runningMs / 1_000 });
  if (durationMs !== null) readings.push({ metric: 'heartbeat.duration', value: durationMs / 1_000 });
  if (maxDurationMs === undefined) return readings;
  const limit = formatDuration(maxDurationMs);
  const share = (metric: string, ms: number, verb: string): Reading => ({
    metric,
    value: ms / maxDurationMs,
    about: { detail: `${verb} ${formatDuration(ms)}, allowed are ${limit}` },
  });
  readings.push(share('heartbeat.running.share', runningMs, 'runs for'));
  if (durationMs !== null) readings.push(share('heartbeat.duration.share', durationMs, 'took'));
  return readings;
}

function detailOf(
  found: Punctuality,
  heartbeat: Heartbeat,
  now: number,
  when: HeartbeatTarget['when'],
): string {
  const last = `last signal ${formatDuration(now - heartbeat.lastAt)} ago`;
  if (found.kind === 'late') {
    const begun = Object.values(heartbeat.open).length > 0 ? '; a run began and has not ended' : '';
    return `expected at ${when(found.expectedAt)}, ${formatDuration(now - found.expectedAt)} ago; ${last}${begun}`;
  }
  if (found.kind === 'unknown')
    return `a run was due at ${when(found.expectedAt)} while Upkeep was not listening; the next one will tell`;
  const ended = heartbeat.outcome === 'failure' ? `last run failed (${heartbeat.reason})` : 'in time';
  return `${ended}; ${last}${found.nextAt === null ? '' : `, next expected ${when(found.nextAt)}`}`;
}
