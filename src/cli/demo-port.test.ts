import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { freePorts } from '../demo/ports.ts';
import { Usage } from './configuration.ts';
import { demoPort } from './demo-port.ts';

test('who names no port gets a free one where the usual one is taken, and is told by whom', async (t) => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  t.after(() => holder.close());
  const { port: taken } = holder.address() as AddressInfo;
  const told: string[] = [];
  const say = (line: string) => void told.push(line);
  assert.equal(await demoPort(undefined, taken, say), 0);
  assert.deepEqual(told, [
    `127.0.0.1:${taken} is taken by pid ${process.pid} (node); the dashboard takes a free port instead`,
  ]);
  await assert.rejects(
    demoPort(String(taken), taken, say),
    (error) => error instanceof Usage && /is taken by .*upkeep demo --port 0$/.test(error.message),
  );
  const [free = 0] = await freePorts(1);
  assert.equal(await demoPort(undefined, free, say), free);
  assert.equal(await demoPort('0', taken, say), 0);
  await assert.rejects(demoPort('70000', taken, say), Usage);
  assert.equal(told.length, 1);
});
