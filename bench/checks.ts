/** CPU of one HTTP check and memory of the whole, at 1,000 checks every 10 s, against Prometheus with its exporter. */
import { join } from 'node:path';
import { systemClock } from '../src/clock.ts';
import { type RunningServer, startServer } from '../test/servers/process.ts';
import { mebibytes, milliseconds, times } from './figures.ts';
import { blackbox, lacking, prometheus, startPrometheus } from './prometheus.ts';
import type { Result, Row } from './report.ts';
import { type RunningProgram, startUpkeep, type WatchedUrl } from './upkeep.ts';
import { cpuMs, residentBytes } from './usage.ts';
import { requestsAt } from './web.ts';

export const checkCount = 1_000;
const everySeconds = 10;
/** Two intervals: every check has run, connections and code are warm. */
const warmUpMs = 20_000;
const measureMs = 60_000;

interface Usage {
  readonly cpuMsPerCheck: number;
  readonly bytes: number;
  readonly parts: string;
}

export async function run(): Promise<Result> {
  const web = await startWebProcess();
  try {
    const ours = await measure(
      await startUpkeep({ watched: web.watched, every: `${everySeconds}s` }),
      web.port,
    );
    const absent = lacking(prometheus, blackbox);
    const theirs =
      absent === undefined
        ? await measure(await startPrometheus({ watched: web.watched, every: `${everySeconds}s` }), web.port)
        : undefined;
    return {
      title: `Checks: ${checkCount.toLocaleString('en')} HTTP checks every ${everySeconds} s`,
      rows: [
        {
          watcher: 'Upkeep',
          'CPU per check': milliseconds(ours.cpuMsPerCheck),
          memory: mebibytes(ours.bytes),
        },
        theirs === undefined
          ? { watcher: 'Prometheus + blackbox exporter', 'CPU per check': absent ?? '' }
          : rowOfPeer(theirs, ours),
      ],
      notes: [
        `CPU (user and system, all threads) over ${measureMs / 1_000} s after ${warmUpMs / 1_000} s of warm-up, without that of the server asked; memory is VmRSS at the end.`,
        'Upkeep in its published form (npm run build); a clone that strips its types keeps 12 to 20 MiB more.',
        'Both open a connection for each check. Upkeep also judges its rules, stores ten samples a check on disk and serves its dashboard in these figures.',
        ...(theirs ? [`Prometheus and exporter apart: ${theirs.parts}.`, verdict(ours, theirs)] : []),
      ],
    };
  } finally {
    await web.server.stop();
  }
}

function rowOfPeer(theirs: Usage, ours: Usage): Row {
  return {
    watcher: 'Prometheus + blackbox exporter',
    'CPU per check': milliseconds(theirs.cpuMsPerCheck),
    'of ours': times(theirs.cpuMsPerCheck, ours.cpuMsPerCheck),
    memory: mebibytes(theirs.bytes),
    'of our memory': times(theirs.bytes, ours.bytes),
  };
}

function verdict(ours: Usage, theirs: Usage): string {
  const share = ours.cpuMsPerCheck / theirs.cpuMsPerCheck;
  const isMet = share <= 0.5 && ours.bytes < 200 * 2 ** 20;
  return `Aim: at most half of their CPU, under 200 MiB. ${isMet ? 'Met' : 'Missed'}: ${Math.round(share * 100)}% of their CPU, ${mebibytes(ours.bytes)}.`;
}

async function measure(program: RunningProgram, port: number): Promise<Usage> {
  try {
    await systemClock.sleep(warmUpMs);
    const before = program.pids.map(cpuMs);
    const asked = await requestsAt(port);
    await systemClock.sleep(measureMs);
    const checks = (await requestsAt(port)) - asked;
    const perCheck = program.pids.map((pid, i) => (cpuMs(pid) - (before[i] ?? 0)) / checks);
    const bytes = program.pids.map(residentBytes);
    return {
      cpuMsPerCheck: sum(perCheck),
      bytes: sum(bytes),
      parts: perCheck
        .map((ms, i) => `${milliseconds(ms)} and ${mebibytes(bytes[i] ?? 0)}`)
        .toReversed()
        .join('; '),
    };
  } finally {
    await program.stop();
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export async function startWebProcess(): Promise<{
  server: RunningServer;
  port: number;
  watched: WatchedUrl[];
}> {
  const server = await startServer({
    command: process.execPath,
    args: [join(import.meta.dirname, 'web-process.ts')],
    folder: import.meta.dirname,
    ready: /listening on \d+\n/,
  });
  const port = Number(/listening on (\d+)/.exec(server.output())?.[1]);
  const watched = Array.from({ length: checkCount }, (_, i) => ({
    name: `web-${i}`,
    url: `http://127.0.0.1:${port}/web-${i}`,
  }));
  return { server, port, watched };
}
