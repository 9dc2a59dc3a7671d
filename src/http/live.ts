/** The live stream: journal entries as they are written, targets as they are checked. */
import type { HttpBindings } from '@hono/node-server';
import type { Context, Handler } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import { UpkeepError } from '../core/verb.ts';
import type { LiveEvent } from '../core/view.ts';
import { type Access, actorOf, requireScope } from './access.ts';

export interface LiveFeed {
  subscribe(listener: (event: LiveEvent) => void): () => void;
  readonly startedAt: number;
}

/** Keeps proxies from closing a quiet stream, and tells the page that we live. */
const pingMs = 15_000;
/** A reader this far behind is cut off; it comes back and reads anew. */
const mostWaiting = 1_000;
const mostStreams = 200;
/** After these, whoever listens may no longer be somebody. */
const endings = /^(logout$|session\.|token\.|account\.|second-factor\.|configuration\.reloaded$)/;

export function liveEvents(feed: LiveFeed, access: Access): Handler<{ Bindings: HttpBindings }> {
  let streams = 0;
  return (c) => {
    requireScope(c.get('actor'), 'read');
    // Nobody would read the events of a HEAD.
    if (c.req.method === 'HEAD') return c.body(null, 200, { 'content-type': 'text/event-stream' });
    if (streams >= mostStreams)
      throw new UpkeepError('too-many-attempts', `${mostStreams} streams are open; close one first`);
    streams++;
    return streamSSE(c, (stream) => follow(c, stream, feed, access).finally(() => streams--));
  };
}

async function follow(
  c: Context<{ Bindings: HttpBindings }>,
  stream: SSEStreamingApi,
  feed: LiveFeed,
  access: Access,
): Promise<void> {
  const waiting: LiveEvent[] = [{ type: 'hello', startedAt: feed.startedAt }];
  let mustCheck = false;
  let wake = () => {};
  const unsubscribe = feed.subscribe((event) => {
    if (waiting.length >= mostWaiting) {
      stream.abort();
      c.env?.outgoing?.destroy();
      return;
    }
    waiting.push(event);
    if (event.type === 'journal' && endings.test(event.entry.kind)) mustCheck = true;
    wake();
  });
  stream.onAbort(() => wake());

  /** Resolves at the next event, or true after a quiet time. */
  const isQuiet = () =>
    new Promise<boolean>((resolve) => {
      const cancel = access.clock.after(pingMs, () => resolve(true));
      wake = () => {
        cancel();
        resolve(false);
      };
    });

  try {
    while (!stream.aborted) {
      if (mustCheck && !(await mayRead(c, access))) return;
      mustCheck = false;
      const event = waiting.shift();
      if (event) {
        await stream.writeSSE({ event: event.type, data: JSON.stringify(event) });
      } else if (await isQuiet()) {
        await stream.writeSSE({ event: 'ping', data: '{}' });
        // A session also ends by itself, when its time is over.
        mustCheck = true;
      }
    }
  } finally {
    unsubscribe();
  }
}

async function mayRead(c: Context, access: Access): Promise<boolean> {
  const found = await actorOf(c, access);
  return found?.actor.scopes.includes('read') ?? false;
}
