/** A webhook receiver that remembers every delivery, how it was answered, and can be told to answer badly once. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Message } from '../../src/core/message.ts';

export interface ReceivedMessage {
  readonly at: number;
  readonly message: Message;
  /** When a 2xx was on the wire; null for a delivery that got none. */
  acknowledgedAt: number | null;
}

/** What to do with the next delivery instead of an immediate 200. */
export interface Trap {
  /** Runs before the answer; with `isAnswered` false there is none, as if the line had been cut. */
  readonly before?: () => void;
  readonly after?: () => void;
  readonly answer: 'accepted' | 'unavailable' | 'none';
}

export interface Receiver {
  readonly url: string;
  readonly received: readonly ReceivedMessage[];
  /** For the next delivery only; an earlier trap that caught nothing is gone. */
  setTrap(trap: Trap | null): void;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const received: ReceivedMessage[] = [];
  let trap: Trap | null = null;

  function take(message: Message, response: ServerResponse) {
    const entry: ReceivedMessage = { at: Date.now(), message, acknowledgedAt: null };
    received.push(entry);
    const caught = trap;
    trap = null;
    caught?.before?.();
    if (caught?.answer === 'none') {
      response.destroy();
    } else if (caught?.answer === 'unavailable') {
      response.writeHead(503, { 'retry-after': '1' }).end();
    } else {
      response.end();
      entry.acknowledgedAt = Date.now();
    }
    caught?.after?.();
  }

  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => {
      body += part;
    });
    request.on('error', () => {});
    // A sender that dies in the middle leaves half a body; it sends the whole again.
    request.on('end', () => {
      if (request.complete && body !== '') take(JSON.parse(body) as Message, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    setTrap(next) {
      trap = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
