import { Agent } from 'node:http';
import type { Clock } from '../core/time.ts';
import { send } from './http.ts';
import { orderCount } from './postgres.ts';
import { messageOf } from './until.ts';

/** One second of load. Latency in milliseconds, of all requests that ended in it. */
export interface LoadSecond {
  readonly ok: number;
  readonly failed: number;
  readonly p95Ms: number | null;
}

export interface LoadView {
  readonly ok: number;
  readonly failed: number;
  /** Oldest first; at most the last 60, the running one not included. */
  readonly recent: readonly LoadSecond[];
  /** Why requests of the last seconds failed, the newest; null when none did. */
  readonly failing: string | null;
}

export interface Load {
  view(): LoadView;
  stop(): Promise<void>;
}

/** Orders that the load changes, over and over; the rest is only read. */
export const changedOrders = 20;
const perSecond = 20;
/** Every fifth request changes an order. */
const writeEvery = 5;
/** Beyond this many at once a request is not sent and counts as failed, as a browser's user would give up. */
const atMostAtOnce = 100;
const kept = 60;

export function startLoad(options: { url: string; clock: Clock }): Load {
  const { url, clock } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: atMostAtOnce });
  const stopping = new AbortController();
  const recent: LoadSecond[] = [];
  const running = new Set<Promise<void>>();
  let total = { ok: 0, failed: 0 };
  let second = emptySecond();
  let reason: string | null = null;

  const one = async (n: number): Promise<void> => {
    const isWrite = n % writeEvery === 0;
    const id = isWrite ? 1 + ((n / writeEvery) % changedOrders) : 1 + ((n * 7_919) % orderCount);
    const start = clock.monotonic();
    try {
      const answer = await send(isWrite ? 'POST' : 'GET', `${url}/orders/${id}`, 5_000, {
        agent,
        signal: stopping.signal,
      });
      if (answer.status >= 400) throw new Error(`${answer.status} ${firstLine(answer.body)}`);
      second.ok += 1;
    } catch (error) {
      if (stopping.signal.aborted) return;
      second.failed += 1;
      reason = messageOf(error);
    }
    second.latencies.push(clock.monotonic() - start);
  };

  const close = () => {
    total = { ok: total.ok + second.ok, failed: total.failed + second.failed };
    recent.push({ ok: second.ok, failed: second.failed, p95Ms: p95(second.latencies) });
    if (recent.length > kept) recent.shift();
    if (recent.slice(-3).every(({ failed }) => failed === 0)) reason = null;
    second = emptySecond();
  };

  const loop = async (): Promise<void> => {
    for (let n = 1; !stopping.signal.aborted; n += 1) {
      if (running.size < atMostAtOnce) {
        const request = one(n).finally(() => running.delete(request));
        running.add(request);
      } else {
        second.failed += 1;
        reason = `${atMostAtOnce} requests are waiting already`;
      }
      if (n % perSecond === 0) close();
      await clock.sleep(1_000 / perSecond, stopping.signal).catch(() => {});
    }
  };
  const looping = loop();

  return {
    view: () => ({
      ok: total.ok + second.ok,
      failed: total.failed + second.failed,
      recent: [...recent],
      failing: reason,
    }),
    async stop() {
      stopping.abort();
      await looping;
      await Promise.all(running);
      agent.destroy();
    },
  };
}

function emptySecond() {
  return { ok: 0, failed: 0, latencies: [] as number[] };
}

function p95(latencies: readonly number[]): number | null {
  if (latencies.length === 0) return null;
  const sorted = latencies.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.95) - 1)] ?? null;
  return value === null ? null : Math.round(value * 10) / 10;
}

/** The error within an API's JSON answer, or the first line of a proxy's page. */
function firstLine(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null && 'error' in parsed) return String(parsed.error);
  } catch {
    // A page of HAProxy's: its tags say nothing.
  }
  return (
    body
      .replace(/<[^>]*>/g, ' ')
      .trim()
      .split('\n')[0] ?? ''
  )
    .replace(/\s+/g, ' ')
    .slice(0, 120);
}
