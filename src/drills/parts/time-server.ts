/** A small time server (SNTP, RFC 4330) whose clock may differ from the machine's. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Clock } from '../../core/time.ts';

export interface TimeServer {
  /** `127.0.0.1:12345` */
  readonly address: string;
  aheadMs: number;
  stop(): Promise<void>;
}

/** From 1900 to 1970. */
const eraMs = 2_208_988_800_000;

export async function startTimeServer(clock: Clock): Promise<TimeServer> {
  const socket = createSocket('udp4');
  const server = { address: '', aheadMs: 0 };
  socket.on('message', (query, peer) => {
    if (query.length < 48) return;
    const answer = Buffer.alloc(48);
    // Version 4, mode 4 (server), stratum 2.
    answer[0] = 0x24;
    answer[1] = 2;
    query.copy(answer, 24, 40, 48);
    const ms = clock.now() + server.aheadMs + eraMs;
    for (const at of [16, 32, 40]) {
      answer.writeUInt32BE(Math.floor(ms / 1_000) % 2 ** 32, at);
      answer.writeUInt32BE(Math.floor(((ms % 1_000) / 1_000) * 2 ** 32), at + 4);
    }
    socket.send(answer, peer.port, peer.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return Object.assign(server, {
    address: `127.0.0.1:${socket.address().port}`,
    stop: async () => void socket.close(),
  });
}
