/** The live stream: journal entries as they are written, targets as they are checked. */
import type { Handler } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { LiveEvent } from '../core/view.ts';

export interface LiveFeed {
  subscribe(listener: (event: LiveEvent) => void): () => void;
  readonly startedAt: number;
}

/** Keeps proxies from closing a quiet stream, and tells the page that we live. */
const pingMs = 15_000;
/** A reader this far behind is cut off; it comes back and reads anew. */
const mostWaiting = 5_000;

export function liveEvents(feed: LiveFeed): Handler {
  return (c) =>
    streamSSE(c, async (stream) => {
      const waiting: LiveEvent[] = [{ type: 'hello', startedAt: feed.startedAt }];
      let wake = () => {};
      const unsubscribe = feed.subscribe((event) => {
        if (waiting.length > mostWaiting) return stream.abort();
        waiting.push(event);
        wake();
      });
      stream.onAbort(() => {
        unsubscribe();
        wake();
      });
      while (!stream.aborted) {
        for (let event = waiting.shift(); event && !stream.aborted; event = waiting.shift()) {
          await stream.writeSSE({ event: event.type, data: JSON.stringify(event) });
        }
        const woken = new Promise<'event'>((resolve) => {
          wake = () => resolve('event');
        });
        if (waiting.length > 0 || stream.aborted) continue;
        const what = await Promise.race([woken, stream.sleep(pingMs).then(() => 'ping' as const)]);
        if (what === 'ping' && !stream.aborted) await stream.writeSSE({ event: 'ping', data: '{}' });
      }
      unsubscribe();
    });
}
