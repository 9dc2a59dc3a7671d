/** Places that no client likes: one that takes everything and never answers, and one that is closed. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { freePort } from './free-port.ts';

export interface Place {
  readonly port: number;
  stop(): Promise<void>;
}

/** Takes TCP connections and UDP datagrams on one port of 127.0.0.1 and never says a word. */
export async function blackHole(): Promise<Place> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}).resume());
    socket.once('close', () => sockets.delete(socket));
  });
  const port = await freePort();
  await once(server.listen(port, '127.0.0.1'), 'listening');
  const datagrams = createSocket('udp4');
  await once(datagrams.bind(port, '127.0.0.1'), 'listening');
  return {
    port,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([
        new Promise<void>((resolve) => server.close(() => resolve())),
        new Promise<void>((resolve) => datagrams.close(() => resolve())),
      ]);
    },
  };
}

export async function closedPort(): Promise<Place> {
  return { port: await freePort(), stop: () => Promise.resolve() };
}
