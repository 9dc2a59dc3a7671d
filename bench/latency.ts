/**
 * From a failed probe to its message on the wire, and from the fault itself to the message, against Prometheus with
 * Alertmanager. Targets that fail and the receiver are in this process: one clock.
 */
import { systemClock } from '../src/clock.ts';
import type { Message } from '../src/core/message.ts';
import { checkCount, startWebProcess } from './checks.ts';
import { median, milliseconds, percentile, times } from './figures.ts';
import {
  type AlertmanagerMessage,
  alertmanager,
  blackbox,
  lacking,
  type PrometheusOptions,
  prometheus,
  startPrometheus,
} from './prometheus.ts';
import type { Result, Row } from './report.ts';
import { type RunningProgram, startUpkeep, type WatchedUrl } from './upkeep.ts';
import { type Receiver, startReceiver, startWeb, type Web } from './web.ts';

const failures = 120;
/** Faults come this far apart, each on a target of its own that depends on nothing: each is an incident. */
const faultEveryMs = 500;
const peerFaults = 20;
const warmUpMs = 15_000;
const everySeconds = 10;

interface Delays {
  /** From the failing answer, handed to the system by the target, to the head of the webhook's request. */
  readonly fromProbe: readonly number[];
  /** From the moment the target was told to fail. */
  readonly fromFault: readonly number[];
  /** How late a timer of the measuring process, which does next to nothing, came meanwhile. */
  readonly noise: readonly number[];
}

export async function run(): Promise<Result> {
  const absent = lacking(prometheus, blackbox, alertmanager);
  // At its defaults Prometheus takes minutes and next to no CPU, so it may run beside.
  const atDefaults = absent === undefined ? measurePeer(undefined) : undefined;
  atDefaults?.catch(() => {});
  const ours = await measureUpkeep();
  const tuned = absent === undefined ? await measurePeer(`${everySeconds}s`) : undefined;
  const defaults = await atDefaults;
  return {
    title: `Latency: from fault to webhook, ${checkCount.toLocaleString('en')} checks every ${everySeconds} s running`,
    rows: [
      rowOf(`Upkeep, every ${everySeconds} s`, ours, ours),
      ...(tuned && defaults
        ? [
            rowOf(`Prometheus + Alertmanager, every ${everySeconds} s, no group_wait`, tuned, ours),
            rowOf('Prometheus + Alertmanager at their defaults', defaults, ours),
          ]
        : [{ watcher: 'Prometheus + Alertmanager', faults: absent ?? '' }]),
    ],
    notes: notesOn(ours),
  };
}

function notesOn({ fromProbe, noise }: Delays): string[] {
  const [mid, high] = [median(fromProbe), percentile(fromProbe, 0.99)];
  return [
    'A failed probe begins when the target hands its answer (503) to the system; the message is there when the head of its request has been read. All in between counts: judging, the incident in a durable transaction, the outbox, the request.',
    `From fault holds the wait for the next check: half an interval on average. Peers: ${peerFaults} targets that fail at once and are told apart by group_by; defaults are scraping and evaluating each minute and a group_wait of 30 s.`,
    `Aim: 20 ms at the median, 50 ms at the 99th percentile. ${mid <= 20 && high <= 50 ? 'Met' : 'Missed'}: ${milliseconds(mid)} and ${milliseconds(high)} over ${fromProbe.length} failures (longest ${milliseconds(Math.max(...fromProbe))}).`,
    `Noise: timers of the measuring process, idle but for this, came ${milliseconds(percentile(noise, 0.99))} late at the 99th percentile and ${milliseconds(Math.max(...noise))} at most in the same minutes; no latency can be read more finely than that.`,
  ];
}

function rowOf(watcher: string, { fromProbe, fromFault }: Delays, ours: Delays): Row {
  const mid = median(fromFault);
  return {
    watcher,
    faults: String(fromFault.length),
    'probe to webhook, median': milliseconds(median(fromProbe)),
    '99th': milliseconds(percentile(fromProbe, 0.99)),
    'fault to webhook, median': milliseconds(mid),
    longest: milliseconds(Math.max(...fromFault)),
    'of ours': fromFault === ours.fromFault ? '' : times(mid, median(ours.fromFault)),
  };
}

async function measureUpkeep(): Promise<Delays> {
  const crowd = await startWebProcess();
  const [web, receiver] = [await startWeb(), await startReceiver<Message>()];
  const paths = Array.from({ length: failures }, (_, i) => `/failing-${i}`);
  const watched = [
    ...crowd.watched.slice(0, checkCount - failures),
    ...paths.map((path) => ({ name: path.slice(1), url: urlOf(web, path) })),
  ];
  let upkeep: RunningProgram | undefined;
  try {
    upkeep = await startUpkeep({
      watched,
      every: `${everySeconds}s`,
      more: `notify:\n  hook: { notifier: webhook, url: "${receiver.url}", events: [incident.opened] }`,
    });
    await systemClock.sleep(warmUpMs);
    return await provoke({
      web,
      receiver,
      paths,
      apartMs: faultEveryMs,
      withinMs: 30_000,
      pathsOf: ({ incident }) => (incident?.targets ?? []).map((name) => `/${name}`),
    });
  } finally {
    await upkeep?.stop();
    await web.close();
    await receiver.close();
    await crowd.server.stop();
  }
}

async function measurePeer(every: string | undefined): Promise<Delays> {
  const [web, receiver] = [await startWeb(), await startReceiver<AlertmanagerMessage>()];
  const paths = Array.from({ length: peerFaults }, (_, i) => `/failing-${i}`);
  const watched: WatchedUrl[] = paths.map((path) => ({ name: path.slice(1), url: urlOf(web, path) }));
  const wait = every === undefined ? '' : ', group_wait: 0s';
  const options: PrometheusOptions = {
    watched,
    ...(every === undefined ? {} : { every }),
    alerting: { url: receiver.url, route: `{ receiver: hook, group_by: [instance]${wait} }` },
  };
  let peer: RunningProgram | undefined;
  try {
    peer = await startPrometheus(options);
    await systemClock.sleep(warmUpMs);
    return await provoke({
      web,
      receiver,
      paths,
      apartMs: 0,
      withinMs: every === undefined ? 200_000 : 60_000,
      pathsOf: ({ alerts }) => alerts.map(({ labels }) => new URL(labels.instance ?? '').pathname),
    });
  } finally {
    await peer?.stop();
    await web.close();
    await receiver.close();
  }
}

function urlOf(web: Web, path: string): string {
  return `http://127.0.0.1:${web.port}${path}`;
}

/** Lets one path after the other fail and waits until each was told of, or the time is up. */
async function provoke<T>(options: {
  readonly web: Web;
  readonly receiver: Receiver<T>;
  readonly paths: readonly string[];
  readonly apartMs: number;
  /** After the last fault. */
  readonly withinMs: number;
  readonly pathsOf: (message: T) => readonly string[];
}): Promise<Delays> {
  const { web, receiver, paths } = options;
  const faultAt = new Map<string, number>();
  const probedAt = new Map<string, number>();
  const toldAt = new Map<string, number>();
  web.onFailed = (path, at) => void (probedAt.has(path) || probedAt.set(path, at));
  receiver.onMessage = (message, at) => {
    for (const path of options.pathsOf(message)) if (!toldAt.has(path)) toldAt.set(path, at);
  };
  const noise = listenForNoise();
  for (const path of paths) {
    faultAt.set(path, performance.now());
    web.fail(path);
    if (options.apartMs > 0) await systemClock.sleep(options.apartMs);
  }
  const deadline = performance.now() + options.withinMs;
  while (toldAt.size < paths.length && performance.now() < deadline) await systemClock.sleep(100);
  noise.stop();
  if (toldAt.size < paths.length) {
    throw new Error(
      `only ${toldAt.size} of ${paths.length} faults were told of within ${options.withinMs} ms`,
    );
  }
  const since = (start: ReadonlyMap<string, number>) =>
    paths.map((path) => (toldAt.get(path) ?? Number.NaN) - (start.get(path) ?? Number.NaN));
  return { fromProbe: since(probedAt), fromFault: since(faultAt), noise: noise.late };
}

const noiseEveryMs = 5;

function listenForNoise(): { late: number[]; stop(): void } {
  const late: number[] = [];
  let due = performance.now() + noiseEveryMs;
  const timer = setInterval(() => {
    const now = performance.now();
    late.push(Math.max(0, now - due));
    due = now + noiseEveryMs;
  }, noiseEveryMs);
  return { late, stop: () => clearInterval(timer) };
}
