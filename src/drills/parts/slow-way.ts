/** A way to a TCP server that takes its time: bytes pass whole and in order, later. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Clock } from '../../core/time.ts';

export interface SlowWay {
  readonly port: number;
  /** What each piece waits, in each of both directions. */
  delayMs: number;
  stop(): Promise<void>;
}

export async function openSlowWay(clock: Clock, to: number): Promise<SlowWay> {
  const sockets = new Set<Socket>();
  const way = { port: 0, delayMs: 0 };
  const carry = (from: Socket, into: Socket) => {
    let before: Promise<unknown> = Promise.resolve();
    const later = (job: () => void) => {
      const due = clock.monotonic() + way.delayMs;
      before = before.then(async () => {
        const left = due - clock.monotonic();
        if (left > 0) await clock.sleep(left);
        job();
      });
    };
    from.on('data', (piece) => later(() => into.write(piece)));
    from.on('end', () => later(() => into.end()));
    from.on('error', () => into.destroy());
    from.on('close', () => sockets.delete(from));
    sockets.add(from);
  };
  const server = createServer({ allowHalfOpen: true }, (here) => {
    const there = connect({ port: to, host: '127.0.0.1', allowHalfOpen: true });
    for (const socket of [here, there]) socket.setNoDelay(true);
    carry(here, there);
    carry(there, here);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return Object.assign(way, {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  });
}
