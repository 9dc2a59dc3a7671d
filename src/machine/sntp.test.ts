import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { after, before, test } from 'node:test';
import { type ChronyServer, chronyServer, startChrony } from '../../test/servers/chrony.ts';
import { freePort } from '../../test/servers/free-port.ts';
import { missing } from '../../test/servers/installed.ts';
import { systemClock } from '../clock.ts';
import { askTime } from './sntp.ts';

const skip = missing(chronyServer);
let server: ChronyServer;
before(async () => {
  if (!skip) server = await startChrony();
});
after(() => server?.stop());

const port = () => Number(server.address.split(':')[1]);
const ask = (at: number, clock = systemClock, signal = AbortSignal.timeout(30_000)) =>
  askTime({ host: '127.0.0.1', port: at }, clock, signal);

test('a real time server tells how far the clock is off', { skip }, async () => {
  const right = await ask(port());
  assert.ok(right.kind === 'known' && Math.abs(right.offsetSeconds) < 1, JSON.stringify(right));
  assert.ok(right.roundTripSeconds >= 0 && right.stratum === 8);
  for (const hours of [2, -30]) {
    const ahead = { ...systemClock, now: () => systemClock.now() + hours * 3_600_000 };
    const wrong = await ask(port(), ahead);
    assert.ok(
      wrong.kind === 'known' && Math.abs(wrong.offsetSeconds + hours * 3_600) < 1,
      JSON.stringify(wrong),
    );
  }
});

test('who is silent, answers something else or follows nobody tells nothing', {
  timeout: 180_000,
}, async (t) => {
  const absent = await ask(await freePort());
  assert.ok(absent.kind === 'unknown');
  const liar = createSocket('udp4');
  t.after(() => liar.close());
  await new Promise<void>((resolve) => liar.bind(0, '127.0.0.1', resolve));
  const says = (change: (packet: Buffer) => void, withinMs = 30_000) => {
    liar.removeAllListeners('message');
    liar.on('message', (query, from) => {
      const packet = Buffer.alloc(48);
      packet[0] = 0x24;
      packet[1] = 2;
      query.copy(packet, 24, 40, 48);
      change(packet);
      liar.send(packet, from.port, from.address);
    });
    return ask(liar.address().port, systemClock, AbortSignal.timeout(withinMs));
  };
  const away = await says((packet) => {
    packet[1] = 0;
    packet.write('RATE', 12, 'latin1');
  });
  assert.ok(away.kind === 'unknown' && /RATE/.test(away.why));
  const lost = await says((packet) => packet.writeUInt8(0xe4, 0));
  assert.ok(lost.kind === 'unknown' && /follows no reference/.test(lost.why));
  const forged = await says((packet) => packet.fill(7, 24, 32), 1_000);
  assert.ok(forged.kind === 'unknown' && /interrupted/.test(forged.why));
});
