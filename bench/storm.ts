/** A hundred targets failing and recovering together: how many messages a person gets. */
import { systemClock } from '../src/clock.ts';
import type { Message } from '../src/core/message.ts';
import { times } from './figures.ts';
import {
  type AlertmanagerMessage,
  alertmanager,
  blackbox,
  lacking,
  prometheus,
  startPrometheus,
} from './prometheus.ts';
import type { Result, Row } from './report.ts';
import { type RunningProgram, startUpkeep, type WatchedUrl } from './upkeep.ts';
import { type Receiver, startReceiver, startWeb, type Web } from './web.ts';

const targets = 100;
const everySeconds = 2;
const warmUpMs = 8_000;
/** After the last message of a kind, nothing more for this long. */
const quietMs = 8_000;
const withinMs = 60_000;

interface Told {
  readonly onFailure: number;
  readonly onRecovery: number;
}

export async function run(): Promise<Result> {
  const ours = await measureUpkeep();
  const absent = lacking(prometheus, blackbox, alertmanager);
  const theirs = absent === undefined ? await measurePeer() : undefined;
  return {
    title: `Storm: ${targets} targets of one service failing and recovering together`,
    rows: [
      rowOf('Upkeep', ours, ours),
      theirs === undefined
        ? { watcher: 'Prometheus + Alertmanager', 'messages on failure': absent ?? '' }
        : rowOf('Prometheus + Alertmanager, grouped by alertname', theirs, ours),
      {
        watcher: 'One message a target and change (not run)',
        ...cells({ onFailure: targets, onRecovery: targets }),
      },
    ],
    notes: [
      `Checked every ${everySeconds} s, so failures are seen over two seconds. Upkeep as it is out of the box but for recoverFor (5 s instead of its default, to keep the run short); it tells of the opened and the resolved incident, an update follows when a diagnosis finds a cause. Alertmanager with its recommended grouping and group_wait and group_interval of 5 s.`,
      `Aim: one message on failure, one on recovery. ${ours.onFailure === 1 && ours.onRecovery === 1 ? 'Met.' : 'Missed.'}`,
    ],
  };
}

function rowOf(watcher: string, told: Told, ours: Told): Row {
  const total = ({ onFailure, onRecovery }: Told) => onFailure + onRecovery;
  return { watcher, ...cells(told), 'of ours': told === ours ? '' : times(total(told), total(ours)) };
}

function cells({ onFailure, onRecovery }: Told): Row {
  return { 'messages on failure': String(onFailure), 'messages on recovery': String(onRecovery) };
}

function watchedOn(web: Web): WatchedUrl[] {
  return Array.from({ length: targets }, (_, i) => ({
    name: `shop-${i}`,
    url: `http://127.0.0.1:${web.port}/shop-${i}`,
  }));
}

async function measureUpkeep(): Promise<Told> {
  const [web, receiver] = [await startWeb(), await startReceiver<Message>()];
  const watched = watchedOn(web);
  let upkeep: RunningProgram | undefined;
  try {
    upkeep = await startUpkeep({
      watched,
      every: `${everySeconds}s`,
      more: [
        `services: { shop: { targets: [${watched.map(({ name }) => name).join(', ')}] } }`,
        `notify:\n  hook: { notifier: webhook, url: "${receiver.url}" }`,
        'incidents: { recoverFor: 5s }',
      ].join('\n'),
    });
    return await failAndRecover(web, receiver, watched, ({ event }) => event === 'incident.resolved');
  } finally {
    await upkeep?.stop();
    await web.close();
    await receiver.close();
  }
}

async function measurePeer(): Promise<Told> {
  const [web, receiver] = [await startWeb(), await startReceiver<AlertmanagerMessage>()];
  const watched = watchedOn(web);
  let peer: RunningProgram | undefined;
  try {
    peer = await startPrometheus({
      watched,
      every: `${everySeconds}s`,
      alerting: {
        url: receiver.url,
        route: '{ receiver: hook, group_by: [alertname], group_wait: 5s, group_interval: 5s }',
      },
    });
    return await failAndRecover(web, receiver, watched, ({ status }) => status === 'resolved');
  } finally {
    await peer?.stop();
    await web.close();
    await receiver.close();
  }
}

async function failAndRecover<T>(
  web: Web,
  receiver: Receiver<T>,
  watched: readonly WatchedUrl[],
  isEnd: (message: T) => boolean,
): Promise<Told> {
  const paths = watched.map(({ url }) => new URL(url).pathname);
  await systemClock.sleep(warmUpMs);
  for (const path of paths) web.fail(path);
  await quietAfter(receiver, () => receiver.messages.length > 0, 'failure');
  const onFailure = receiver.messages.length;
  for (const path of paths) web.recover(path);
  await quietAfter(receiver, () => receiver.messages.some(({ body }) => isEnd(body)), 'recovery');
  return { onFailure, onRecovery: receiver.messages.length - onFailure };
}

async function quietAfter<T>(receiver: Receiver<T>, isTold: () => boolean, of: string): Promise<void> {
  const deadline = performance.now() + withinMs;
  const isQuiet = () => performance.now() - (receiver.messages.at(-1)?.at ?? 0) > quietMs;
  while (!isTold() || !isQuiet()) {
    if (performance.now() > deadline) throw new Error(`no message of the ${of} within ${withinMs} ms`);
    await systemClock.sleep(100);
  }
}
