/**
 * Delivers the outbox at least once. Each notifier has its own loop, so a receiver that hangs holds up nobody else;
 * messages of one incident reach one receiver in their order. One that fails again and again is left alone for a
 * while, and its fallback tells what waits for it.
 */
import { type Breaker, closedBreaker, failed, stateOf, succeeded } from '../core/breaker.ts';
import type { Message } from '../core/message.ts';
import type { BoundNotifier, Callback, CallbackResult, Delivery, NotifierContext } from '../core/notifier.ts';
import * as outbox from '../store/outbox.ts';
import * as threads from '../store/threads.ts';
import { atMost } from './at-most.ts';
import type { Desk } from './desk.ts';
import { passStorm } from './fold-storm.ts';
import { isPresent, rememberingShown } from './keep-present.ts';
import type { Links } from './links.ts';
import { isToldSince, outdatedNow, type Renewal, renew } from './renew-message.ts';
import { sendOnce } from './send-once.ts';
import {
  divert,
  dropOutdated,
  dropStale,
  dropSuperseded,
  dropTold,
  isStale,
  pauseBefore,
  settle,
} from './settle-delivery.ts';
import { isToldAlready, rememberingCause } from './tell-cause.ts';

export type Send = (message: Message, ctx: NotifierContext) => Promise<Delivery>;
/** A bound notifier; what a test hands in may be the sending alone. */
export type Channel = Pick<BoundNotifier, 'send'> & Partial<BoundNotifier>;

export interface Notifications {
  /** Takes over the channels of a new configuration. */
  replace(channels: ReadonlyMap<string, Channel | Send>): void;
  /** What was paused after failures is tried again at once. */
  retryNow(): void;
  /** Whether the channel is tried, as it stands in memory; all closed after a start. */
  breaker(name: string): Breaker;
  /** Sends past the outbox and its pauses; null when there is no such notifier. */
  sendNow(name: string, message: Message): Promise<Delivery | null>;
  /** A request that came back from the receiver's side; null when nothing comes back to that notifier. */
  receive(name: string, callback: Callback): Promise<CallbackResult | null>;
  start(): void;
  stop(withinMs: number): Promise<void>;
}

const { leaseMs } = outbox;
const firstRetryMs = 1_000;
/** For a delivery that was cut off to be noted as such. */
const settleMs = 250;
/** Messages of others may wait for a lease to end; nobody wakes us for that. */
const idleMs = 300_000;

export function createNotifications(desk: Desk, print: (text: string) => void, links: Links): Notifications {
  const { clock, store } = desk;
  const loops = new Map<string, { wake: () => void; stop: AbortController; done: Promise<void> }>();
  const breakers = new Map<string, Breaker>();
  let isClosing = false;
  let channels: ReadonlyMap<string, Channel> = new Map();
  let isStarted = false;
  let unsubscribe: (() => void) | null = null;
  const breaker = (name: string) => breakers.get(name) ?? closedBreaker;

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
      for (;;) {
        isDirty = false;
        const left = await deliverDue(name, stop.signal).catch((error: unknown) => {
          desk.log.error('the outbox could not be read', { notifier: name, error: String(error) });
          return clock.now() + firstRetryMs;
        });
        if (isClosing && !isDirty) return;
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
      if (signal.aborted) return null;
      const { openUntil, lastFailure } = breaker(name);
      if (openUntil !== null && stateOf(breaker(name), clock.now()) === 'open') {
        await divertWaiting(name, lastFailure?.detail ?? '');
        return openUntil;
      }
      // Most of what wakes us is not for us, and to look costs a tenth of a claim.
      const next = await outbox.nextAt(store.db, name);
      if (next === null || next > clock.now()) return next;
      const [entry] = await outbox.claim(store, { now: clock.now(), leaseMs, limit: 1, notifiers: [name] });
      if (!entry) return outbox.nextAt(store.db, name);
      if (isStale(entry, clock.now())) {
        await store.transaction((tx) => dropStale(desk, tx, entry));
        continue;
      }
      const renewal = await store.transaction(async (tx) => {
        const why = await outdatedNow(desk, tx, entry);
        if (why !== null) {
          await dropOutdated(desk, tx, entry, why);
          return { kind: 'outdated' as const };
        }
        if (await isToldSince(tx, entry)) {
          await dropTold(desk, tx, entry);
          return { kind: 'outdated' as const };
        }
        const passage = await passStorm(desk, tx, entry, isClosing);
        if (passage.kind === 'kept') return passage;
        const found = await renew(desk, tx, entry);
        if (found.kind === 'superseded') await dropSuperseded(desk, tx, entry, found.by);
        return found.kind === 'send' && passage.quietly ? quietly(found) : found;
      });
      if (renewal.kind !== 'send') continue;
      const delivery = await deliver(name, entry, renewal.message, signal);
      judge(name, delivery);
      await store.transaction((tx) => settle(desk, tx, entry, delivery));
      // The loop of a fallback, and whoever watches the journal.
      if (delivery.kind !== 'delivered') wakeOthers(name);
    }
  }

  async function deliver(
    name: string,
    { incidentId }: outbox.OutboxEntry,
    message: Message,
    signal: AbortSignal,
  ): Promise<Delivery> {
    const person = message.to?.person ?? null;
    const thread =
      incidentId === null ? null : await threads.read(store.db, { incidentId, notifier: name, person });
    if (isToldAlready(thread, message) || isPresent(desk, thread, message))
      return { kind: 'delivered', isFolded: true };
    const delivery = await send(name, message, thread, signal);
    const takesCause = desk.configuration().notifiers.find((one) => one.name === name)?.takesCause;
    if (takesCause === 'in-place') return rememberingShown(desk, delivery, thread, message);
    return takesCause === 'anew' ? rememberingCause(delivery, thread, message) : delivery;
  }

  async function send(name: string, message: Message, thread: NotifierContext['thread'], stop: AbortSignal) {
    const channel = channels.get(name) ?? absent(name);
    const settings = desk.configuration().notifiers.find((one) => one.name === name);
    const signed = await links.of(message, settings, channel.hasLinks ?? false);
    const hook = channel.receive ? { hook: `${desk.baseUrl()}/hooks/${name}` } : {};
    const told = signed ? { ...message, links: signed } : message;
    const { timezone } = desk.configuration();
    return sendOnce(channel, told, { clock, timezone, print, thread, ...hook }, stop);
  }

  function judge(name: string, delivery: Delivery) {
    const before = breaker(name);
    if (delivery.kind === 'delivered') {
      if (delivery.isFolded) return;
      if (before.openUntil !== null) desk.log.info('a channel takes messages again', { notifier: name });
      breakers.set(name, succeeded(before, clock.now()));
      return;
    }
    const pauseMs = pauseBefore(before.failures + 1, delivery);
    const after = failed(before, clock.now(), pauseMs, delivery.detail);
    if (before.openUntil === null && after.openUntil !== null) {
      desk.log.warn('a channel fails again and again and is left alone for a while', {
        notifier: name,
        detail: delivery.detail,
      });
    }
    breakers.set(name, after);
  }

  async function divertWaiting(name: string, detail: string) {
    if (desk.configuration().notifiers.find((one) => one.name === name)?.fallback === undefined) return;
    const waiting = await outbox.undiverted(store.db, name);
    if (waiting.length === 0) return;
    await store.transaction(async (tx) => {
      for (const entry of waiting) await divert(desk, tx, entry, detail);
    });
    wakeOthers(name);
  }

  function wakeOthers(name: string) {
    for (const [other, loop] of loops) if (other !== name) loop.wake();
  }

  return {
    breaker,
    replace(next) {
      channels = new Map(
        [...next].map(([name, one]) => [name, typeof one === 'function' ? { send: one } : one]),
      );
      // What was wrong may have been the configuration.
      breakers.clear();
      if (!isStarted) return;
      for (const name of next.keys()) if (!loops.has(name)) startLoop(name);
      for (const loop of loops.values()) loop.wake();
    },
    retryNow() {
      breakers.clear();
      for (const loop of loops.values()) loop.wake();
    },
    async sendNow(name, message) {
      if (!channels.has(name)) return null;
      const delivery = await send(name, message, null, new AbortController().signal);
      judge(name, delivery);
      if (delivery.kind === 'delivered') loops.get(name)?.wake();
      return delivery;
    },
    async receive(name, callback) {
      const channel = channels.get(name);
      return channel?.receive ? channel.receive(callback, clock) : null;
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
      await outbox.hurry(store.db, clock.now()).catch((error: unknown) => {
        desk.log.error('the outbox could not be read', { error: String(error) });
      });
      for (const loop of loops.values()) loop.wake();
      const done = Promise.all([...loops.values()].map((loop) => loop.done));
      // What is on its way or due may arrive: cut off it would be sent again by the next start, and that may never come.
      await atMost(clock, withinMs, done);
      for (const loop of loops.values()) loop.stop.abort();
      await atMost(clock, settleMs, done);
    },
  };
}

function quietly({ kind, message }: Extract<Renewal, { kind: 'send' }>): Renewal {
  return { kind, message: { ...message, event: 'incident.updated', inPlaceOnly: true } };
}

const longAbsentMs = 300_000;

/** Stands in for a notifier that left the configuration; it may come back. */
function absent(name: string): Channel {
  return {
    send: async () => ({
      kind: 'retry',
      detail: `no notifier is called ${name} any more`,
      afterMs: longAbsentMs,
    }),
  };
}
