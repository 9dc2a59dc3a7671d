/** Who reports by themselves, for people: jobs by heartbeats, senders of metrics and of alerts. */

import { count } from '../../core/count.ts';
import { formatDuration } from '../../core/time.ts';
import { paint, plain, type Terminal, table } from '../terminal.ts';

interface Address {
  readonly target: string;
  readonly url: string;
  readonly report: string;
  readonly start: string;
  readonly reachable: string;
}

function printAddress(terminal: Terminal, made: Address, remark: string): string {
  const { target, url, report, start, reachable } = made;
  return [
    `${paint(terminal, 'green', '✓')} address of ${paint(terminal, 'bold', plain(target))}`,
    plain(url),
    remark,
    '',
    'After the command in its crontab line:',
    `  ${plain(report)}`,
    'Before it, to have the time a run takes measured:',
    `  ${plain(start)}`,
    `It can be reached ${plain(reachable)}.`,
  ].join('\n');
}

interface Job {
  readonly target: string;
  readonly hasAddress: boolean;
  readonly lastAt: number | null;
  readonly outcome: 'success' | 'failure' | null;
  readonly reason: string | null;
  readonly durationMs: number | null;
  readonly runs: number;
}

function printJobs(terminal: Terminal, jobs: readonly Job[], now: number): string {
  if (jobs.length === 0) return 'No heartbeat in upkeep.yaml; docs/guide/sources.md has one to begin with.';
  return table(
    terminal,
    jobs.map((job) => [
      `  ${paint(terminal, 'bold', plain(job.target))}`,
      outcomeText(terminal, job),
      job.lastAt === null ? 'never heard of' : `heard of ${formatDuration(now - job.lastAt)} ago`,
      job.durationMs === null ? '' : `took ${formatDuration(job.durationMs)}`,
      job.runs === 0 ? '' : count(job.runs, 'run'),
      job.hasAddress ? plain(job.reason ?? '') : `no address: upkeep heartbeat create ${plain(job.target)}`,
    ]),
  );
}

function outcomeText(terminal: Terminal, { outcome }: Job): string {
  if (outcome === null) return paint(terminal, 'gray', 'unknown');
  return outcome === 'success' ? paint(terminal, 'green', 'succeeded') : paint(terminal, 'red', 'failed');
}

interface Pushes {
  readonly targets: readonly {
    readonly target: string;
    readonly lastAt: number | null;
    readonly series: number;
    readonly dropped: number;
  }[];
  readonly unclaimed: readonly {
    readonly origin: Readonly<Record<string, string>>;
    readonly points: number;
    readonly lastAt: number;
    readonly example: string;
  }[];
  readonly points: { readonly points: number; readonly unclaimed: number; readonly stale: number };
  readonly alertSources: readonly string[];
}

function printPushes(terminal: Terminal, { targets, unclaimed, points, alertSources }: Pushes, now: number) {
  const takers = targets.map(({ target, lastAt, series, dropped }) => [
    `  ${paint(terminal, 'bold', plain(target))}`,
    lastAt === null ? 'nothing came yet' : `last ${formatDuration(now - lastAt)} ago`,
    `${series} series`,
    dropped === 0 ? '' : paint(terminal, 'yellow', `${dropped} dropped`),
  ]);
  const strangers = unclaimed.map(({ origin, points: sent, lastAt, example }) => [
    `  ${plain(labelText(origin))}`,
    count(sent, 'point'),
    `last ${formatDuration(now - lastAt)} ago`,
    paint(terminal, 'gray', `such as ${plain(example)}`),
  ]);
  return [
    takers.length === 0 ? 'No target takes what is pushed.' : table(terminal, takers),
    ...(strangers.length === 0
      ? []
      : [
          paint(terminal, 'yellow', 'Of no target; name one with these in its `from`:'),
          table(terminal, strangers),
        ]),
    `Since the start: ${count(points.points, 'point')}, ${points.unclaimed} of no target, ${points.stale} too old or ahead.`,
    `Alerts come from: ${alertSources.length === 0 ? 'nowhere' : alertSources.map(plain).join(', ')}`,
  ].join('\n');
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return pairs.length === 0 ? '(no origin)' : pairs.join(' ');
}

export const sourceForms = {
  'heartbeat.create': (terminal: Terminal, made: Address) =>
    printAddress(terminal, made, 'This is shown once.'),
  'heartbeat.rotate': (terminal: Terminal, made: Address) =>
    printAddress(terminal, made, 'This is shown once. The address before is no longer known.'),
  'heartbeat.list': printJobs,
  'push.list': printPushes,
} as const;
