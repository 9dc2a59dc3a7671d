/** Whether receivers that hang, fail or hang up change when checks run, and whether anything is lost on them. */
import { createServer, type Server } from 'node:http';
import { systemClock } from '../src/clock.ts';
import type { Message } from '../src/core/message.ts';
import { median, milliseconds, percentile } from './figures.ts';
import type { Result, Row } from './report.ts';
import { startUpkeep, type WatchedUrl } from './upkeep.ts';
import { listen, startReceiver } from './web.ts';

const targets = 100;
const everyMs = 1_000;
const warmUpMs = 8_000;
const measureMs = 20_000;
/** So many targets fail, one each second, while checks are timed: each is an incident and a page. */
const failing = 15;

interface Timing {
  /** Milliseconds between two checks of one target. */
  readonly intervals: readonly number[];
  readonly opened: number;
  readonly told: number;
}

type Behaviour = 'answers' | 'hangs' | 'answers 500' | 'closes the connection';

export async function run(): Promise<Result> {
  const behaviours: readonly Behaviour[] = ['answers', 'hangs', 'answers 500', 'closes the connection'];
  const timings: [Behaviour, Timing][] = [];
  for (const behaviour of behaviours) timings.push([behaviour, await measure(behaviour)]);
  const base = timings[0]?.[1];
  const rows = timings.map(([behaviour, timing]): Row => rowOf(behaviour, timing, base ?? timing));
  const worst = Math.max(...timings.slice(1).map(([, timing]) => shift(timing, base ?? timing)));
  const lost = timings.reduce((sum, [, { opened, told }]) => sum + Math.max(0, opened - told), 0);
  return {
    title: `Receivers: ${targets} HTTP checks every second while ${failing} incidents are told to a receiver that …`,
    rows,
    notes: [
      'The interval is measured by the server that is checked. The receiver has a fallback; every incident must be told by one of the two.',
      `Aim: checks come less than 5 % later, nothing is lost. ${worst < 0.05 && lost === 0 ? 'Met' : 'Missed'}: at most ${(worst * 100).toFixed(1)} %, ${lost} lost.`,
    ],
  };
}

function rowOf(behaviour: Behaviour, timing: Timing, base: Timing): Row {
  return {
    'the receiver': behaviour,
    'interval, median': milliseconds(median(timing.intervals)),
    '95th percentile': milliseconds(percentile(timing.intervals, 0.95)),
    'later than with one that answers': `${(shift(timing, base) * 100).toFixed(1)} %`,
    'incidents told': `${timing.told} of ${timing.opened}`,
  };
}

/** How much later checks come, by the median or the 95th percentile, whichever is worse; negative when they do not. */
function shift(timing: Timing, base: Timing): number {
  const change = (of: (intervals: readonly number[]) => number) =>
    (of(timing.intervals) - of(base.intervals)) / of(base.intervals);
  return Math.max(
    change(median),
    change((intervals) => percentile(intervals, 0.95)),
  );
}

async function measure(behaviour: Behaviour): Promise<Timing> {
  const web = await startTimedWeb();
  const bad = await startBadReceiver(behaviour);
  const fallback = await startReceiver<Message>();
  const watched: WatchedUrl[] = Array.from({ length: targets }, (_, i) => ({
    name: `web-${i}`,
    url: `http://127.0.0.1:${web.port}/web-${i}`,
  }));
  const upkeep = await startUpkeep({
    watched,
    every: `${everyMs / 1_000}s`,
    more: `notify:\n  first: { notifier: webhook, url: "http://127.0.0.1:${bad.port}/", fallback: second }\n  second: { notifier: webhook, url: "${fallback.url}", events: [incident.opened] }\noncall:\n  escalation: { critical: [{ notify: first }], high: [{ notify: first }], medium: [{ notify: first }], low: [{ notify: first }] }`,
  });
  try {
    await systemClock.sleep(warmUpMs);
    web.begin();
    for (let n = 0; n < failing; n++) {
      web.fail(`/web-${n}`);
      await systemClock.sleep(measureMs / failing);
    }
    const intervals = web.intervals();
    const told = () =>
      new Set(
        [...bad.taken, ...fallback.messages.map(({ body }) => body)]
          .filter(({ event }) => event === 'incident.opened')
          .flatMap(({ incident }) => incident?.targets ?? []),
      ).size;
    // A receiver that hangs is given up three times before the fallback is asked.
    const deadline = performance.now() + 60_000;
    while (told() < failing && performance.now() < deadline) await systemClock.sleep(250);
    return { intervals, opened: failing, told: told() };
  } finally {
    await upkeep.stop();
    await Promise.all([web.close(), bad.close(), fallback.close()]);
  }
}

/** Notes when each path is asked; failing ones answer 503. */
async function startTimedWeb() {
  const failingPaths = new Set<string>();
  const last = new Map<string, number>();
  let intervals: number[] = [];
  const server = createServer((request, response) => {
    const at = performance.now();
    const path = request.url ?? '';
    const before = last.get(path);
    if (before !== undefined) intervals.push(at - before);
    last.set(path, at);
    response.writeHead(failingPaths.has(path) ? 503 : 200).end('well\n');
  });
  return {
    port: await listen(server),
    begin: () => (intervals = []),
    fail: (path: string) => void failingPaths.add(path),
    intervals: () => intervals,
    close: () => close(server),
  };
}

async function startBadReceiver(behaviour: Behaviour) {
  const taken: Message[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      if (behaviour === 'hangs') return;
      if (behaviour === 'closes the connection') return void request.socket.destroy();
      if (behaviour === 'answers') taken.push(JSON.parse(Buffer.concat(parts).toString('utf8')) as Message);
      response.writeHead(behaviour === 'answers' ? 204 : 500).end();
    });
  });
  return { port: await listen(server), taken, close: () => close(server) };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
