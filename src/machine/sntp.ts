/** One question to a time server (SNTP, RFC 4330): how far this machine's clock is off. Sets nothing. */
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Clock } from '../core/time.ts';

export type SntpAnswer =
  | {
      readonly kind: 'known';
      /** Positive where this machine is behind. To a few milliseconds: half of the way there and back at worst. */
      readonly offsetSeconds: number;
      readonly roundTripSeconds: number;
      readonly stratum: number;
    }
  | { readonly kind: 'unknown'; readonly why: string };

const packetBytes = 48;
/** From 1900 to 1970. */
const eraMs = 2_208_988_800_000;
const askWithinMs = 2_000;

export async function askTime(
  server: { readonly host: string; readonly port: number },
  clock: Clock,
  signal: AbortSignal,
): Promise<SntpAnswer> {
  const socket = createSocket(isIPv6(server.host) ? 'udp6' : 'udp4');
  const answer = Promise.withResolvers<SntpAnswer>();
  const unknown = (why: string) => answer.resolve({ kind: 'unknown', why: `${server.host}: ${why}` });
  const late = clock.after(askWithinMs, () => unknown('no answer to NTP (UDP 123) within 2 s'));
  const stop = () => unknown('interrupted');
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const query = Buffer.alloc(packetBytes);
  // Version 4, mode 3 (client).
  query[0] = 0x23;
  const sentAt = clock.now();
  const began = clock.monotonic();
  writeMoment(query, 40, sentAt);
  socket.on('error', (error) => unknown(error.message));
  socket.on('message', (packet) => {
    const passed = clock.monotonic() - began;
    // Who does not know what was asked made the answer up.
    if (packet.length < packetBytes || !packet.subarray(24, 32).equals(query.subarray(40, 48))) return;
    answer.resolve(judge(packet, sentAt, sentAt + passed, server.host));
  });
  socket.connect(server.port, server.host, () => socket.send(query));
  try {
    return await answer.promise;
  } finally {
    late();
    signal.removeEventListener('abort', stop);
    socket.close();
  }
}

function judge(packet: Buffer, sentAt: number, receivedAt: number, host: string): SntpAnswer {
  const [leap, mode, stratum] = [(packet[0] ?? 0) >> 6, (packet[0] ?? 0) & 7, packet[1] ?? 0];
  if (mode !== 4) return { kind: 'unknown', why: `${host}: answered with something else than NTP` };
  if (stratum === 0)
    return { kind: 'unknown', why: `${host} sends us away (${packet.toString('latin1', 12, 16)})` };
  if (leap === 3 || stratum > 15) return { kind: 'unknown', why: `${host} follows no reference itself` };
  const [arrivedAt, answeredAt] = [readMoment(packet, 32), readMoment(packet, 40)];
  return {
    kind: 'known',
    offsetSeconds: (arrivedAt - sentAt + (answeredAt - receivedAt)) / 2 / 1_000,
    roundTripSeconds: (receivedAt - sentAt - (answeredAt - arrivedAt)) / 1_000,
    stratum,
  };
}

function writeMoment(packet: Buffer, at: number, ms: number): void {
  const whole = Math.floor((ms + eraMs) / 1_000);
  packet.writeUInt32BE(whole % 2 ** 32, at);
  packet.writeUInt32BE(Math.floor((((ms + eraMs) % 1_000) / 1_000) * 2 ** 32), at + 4);
}

/** Seconds count anew from February 2036 on (RFC 4330, 3). */
function readMoment(packet: Buffer, at: number): number {
  const seconds = packet.readUInt32BE(at);
  const era = seconds < 2 ** 31 ? 2 ** 32 : 0;
  return (seconds + era) * 1_000 - eraMs + (packet.readUInt32BE(at + 4) / 2 ** 32) * 1_000;
}
