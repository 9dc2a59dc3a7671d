/**
 * Delivers the outbox at least once. Each notifier has its own loop, so a receiver that hangs holds up nobody else;
 * messages of one incident reach one receiver in their order.
 */
import type { Message } from '../core/message.ts';
import type { Delivery, NotifierContext } from '../core/notifier.ts';
import type { Tx } from '../store/index.ts';
import * as journal from '../store/journal.ts';
import * as outbox from '../store/outbox.ts';
import { atMost } from './at-most.ts';
import type { Desk } from './desk.ts';

export type Send = (message: Message, ctx: NotifierContext) => Promise<Delivery>;

export interface Notifications {
  /** Takes over the channels of a new configuration. */
  replace(channels: ReadonlyMap<string, Send>): void;
  start(): void;
  stop(withinMs: number): Promise<void>;
}

const sendTimeoutMs = 10_000;
const leaseMs = 30_000;
const firstRetryMs = 1_000;
const longestRetryMs = 300_000;
/** A receiver that asks for a longer pause gets this one. */
const longestRetryAfterMs = 3_600_000;
/** After this a message is given up and the journal says so. */
const giveUpAfterMs = 24 * 3_600_000;
/** For a delivery that was cut off to be noted as such. */
const settleMs = 250;
/** Messages of others may wait for a lease to end; nobody wakes us for that. */
const idleMs = 300_000;

export function createNotifications(desk: Desk, print: (text: string) => void): Notifications {
  const { clock, store } = desk;
  const loops = new Map<string, { wake: () => void; stop: AbortController; done: Promise<void> }>();
  let isClosing = false;
  let channels: ReadonlyMap<string, Send> = new Map();
  let isStarted = false;
  let unsubscribe: (() => void) | null = null;

  function startLoop(name: string) {
    const stop = new AbortController();
    let wake: () => void = () => {};
    let isDirty = true;
    const loop = { wake: rouse, stop, done: Promise.resolve() };
    function rouse() {
      isDirty = true;
      wake();
    }
    const pause = (ms: number) =>
      new Promise<void>((resolve) => {
        if (isDirty || isClosing) return resolve();
        const cancel = clock.after(ms, resolve);
        wake = () => {
          cancel();
          resolve();
        };
      });
    loop.done = (async () => {
      while (!isClosing) {
        isDirty = false;
        const left = await deliverDue(name, stop.signal).catch((error: unknown) => {
          desk.log.error('the outbox could not be read', { notifier: name, error: String(error) });
          return clock.now() + firstRetryMs;
        });
        await pause(left === null ? idleMs : Math.min(idleMs, Math.max(0, left - clock.now())));
      }
    })();
    loops.set(name, loop);
  }

  /** What an earlier run left for notifiers that are gone now is given up in its time too. */
  async function startLoopsOfOld() {
    try {
      for (const name of (await outbox.pending(store.db)).keys()) if (!loops.has(name)) startLoop(name);
    } catch (error) {
      desk.log.error('the outbox could not be read', { error: String(error) });
    }
  }

  /** Sends what is due; returns when the next message will be, or null. */
  async function deliverDue(name: string, signal: AbortSignal): Promise<number | null> {
    for (;;) {
      if (isClosing) return null;
      const [entry] = await outbox.claim(store, { now: clock.now(), leaseMs, limit: 1, notifiers: [name] });
      if (!entry) return outbox.nextAt(store.db, name);
      const send = channels.get(name) ?? absent(name);
      const delivery = await sendOnce(send, JSON.parse(entry.body) as Message, signal);
      await store.transaction((tx) => settle(tx, entry, delivery));
    }
  }

  async function sendOnce(send: Send, message: Message, stop: AbortSignal): Promise<Delivery> {
    const timeout = new AbortController();
    const { signal } = timeout;
    const timedOut = new Promise<Delivery>((resolve) => {
      const end = (detail: string) => () => {
        timeout.abort(new Error(detail));
        resolve({ kind: 'retry', detail });
      };
      const cancel = clock.after(sendTimeoutMs, end(`no answer within ${sendTimeoutMs} ms`));
      signal.addEventListener('abort', cancel, { once: true });
      stop.addEventListener('abort', end('Upkeep stops'), { once: true, signal });
    });
    const attempt = async (): Promise<Delivery> => {
      try {
        return await send(message, { signal, clock, print, thread: null });
      } catch (error) {
        return { kind: 'retry', detail: error instanceof Error ? error.message : String(error) };
      }
    };
    const delivery = await Promise.race([attempt(), timedOut]);
    timeout.abort(new Error('done'));
    return delivery;
  }

  async function settle(tx: Tx, entry: outbox.OutboxEntry, delivery: Delivery) {
    const now = clock.now();
    if (delivery.kind === 'delivered') return outbox.delivered(tx, entry.id, now);
    const { detail } = delivery;
    if (delivery.kind === 'refused' || now - entry.createdAt > giveUpAfterMs)
      return giveUp(tx, entry, detail);
    await outbox.retry(tx, entry.id, now + pauseBefore(entry.attempts, delivery.afterMs), detail);
    const { notifier, key } = entry;
    desk.log.warn('a message will be tried again', { notifier, key, detail });
  }

  async function giveUp(
    tx: Tx,
    { id, notifier, key, incidentId, attempts }: outbox.OutboxEntry,
    detail: string,
  ) {
    await outbox.giveUp(tx, id, detail, clock.now());
    await journal.append(tx, {
      at: clock.now(),
      actor: 'upkeep',
      kind: 'message.given-up',
      subject: `notifier:${notifier}`,
      incidentId,
      payload: { notifier, key, attempts, detail },
    });
    desk.log.error('a message could not be delivered', { notifier, key, detail });
  }

  return {
    replace(next) {
      channels = next;
      if (!isStarted) return;
      for (const name of next.keys()) if (!loops.has(name)) startLoop(name);
      for (const loop of loops.values()) loop.wake();
    },
    start() {
      isStarted = true;
      for (const name of channels.keys()) startLoop(name);
      void startLoopsOfOld();
      unsubscribe = desk.onChange(() => {
        for (const loop of loops.values()) loop.wake();
      });
    },
    async stop(withinMs) {
      unsubscribe?.();
      isClosing = true;
      for (const loop of loops.values()) loop.wake();
      const done = Promise.all([...loops.values()].map((loop) => loop.done));
      // What is on its way may arrive; cut off, it would be sent again by the next start.
      await atMost(clock, withinMs, done);
      for (const loop of loops.values()) loop.stop.abort();
      await atMost(clock, settleMs, done);
    },
  };
}

/** Milliseconds until the next attempt: what the receiver asks for within reason, else twice as long each time. */
function pauseBefore(attempts: number, askedMs: number | undefined): number {
  if (askedMs !== undefined) return Math.min(longestRetryAfterMs, Math.max(firstRetryMs, askedMs));
  return Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(attempts - 1, 12));
}

/** Stands in for a notifier that left the configuration; it may come back. */
function absent(name: string): Send {
  return async () => ({
    kind: 'retry',
    detail: `no notifier is called ${name} any more`,
    afterMs: longestRetryMs,
  });
}
