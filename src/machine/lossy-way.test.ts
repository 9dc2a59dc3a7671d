import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { eventually } from '../../test/try-target.ts';
import { systemClock } from '../clock.ts';
import type { DiagnosisContext } from '../core/system.ts';
import { lossyWay } from './lossy-way.ts';

const context = (): DiagnosisContext => ({
  ...{ signal: AbortSignal.timeout(30_000), clock: systemClock, alerts: [], dependencies: [], changes: [] },
  ...{ history: async () => [], latest: () => [], logs: () => undefined, detail: () => undefined },
});

/** This process gets no processor for so long. */
const standStill = (ms: number) =>
  void Atomics.wait(new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)), 0, 0, ms);

async function ofOneAtATime(meanwhile: () => void = () => {}) {
  const server = createServer((socket) => socket.end());
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const diagnosis = lossyWay<{ port: number }>({
    ...{ kind: 'http', explains: [] },
    destination: (conn) => ({ host: '127.0.0.1', port: conn.port }),
  });
  const timer = setTimeout(meanwhile, 300);
  try {
    const evidence = await diagnosis.gather({ port }, 'web', context());
    assert.equal(evidence[0]?.facts?.late, 0, JSON.stringify(evidence[0]?.facts));
    assert.deepEqual(diagnosis.conclude(evidence, 'web'), []);
  } finally {
    clearTimeout(timer);
    server.close();
  }
}

test('a server that lets few wait at once is not told as losing packets: our own dials do not crowd it', async () => {
  await ofOneAtATime();
});

test('after Upkeep itself stood still its dials crowd nobody either', async () => {
  await ofOneAtATime(() => standStill(1_300));
});

test('dials that were under way while Upkeep itself stood still are no loss', async () => {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const found = await lossyWay<null>({
    ...{ kind: 'http', explains: [] },
    destination: () => ({ host: '127.0.0.1', port }),
  }).gather(null, 'web', { ...context(), clock: startsWithStandstill() });
  server.close();
  const facts = found[0]?.facts ?? {};
  assert.ok(facts.late === 0 && Number(facts.unknown) >= 1, JSON.stringify(facts));
});

/** Before anything that came in is read. */
function afterTurns(left: number, then: () => void) {
  if (left === 0) then();
  else process.nextTick(afterTurns, left - 1, then);
}

/** The real one, which stands still for longer than a lost packet costs with the second dial under way. */
function startsWithStandstill() {
  let sleeps = 0;
  return {
    ...systemClock,
    sleep(ms: number, signal?: AbortSignal) {
      if (++sleeps === 2) afterTurns(5, () => standStill(1_300));
      return systemClock.sleep(ms, signal);
    },
  };
}

test('targets of one address that are looked at together share one trial of it', async () => {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const diagnosis = lossyWay<{ port: number }>({
    ...{ kind: 'http', explains: [] },
    destination: (conn) => ({ host: '127.0.0.1', port: conn.port }),
  });
  try {
    const names = ['a', 'b', 'c'];
    const found = await Promise.all(names.map((name) => diagnosis.gather({ port }, name, context())));
    assert.deepEqual(
      found.map(([piece]) => [piece?.id, piece?.facts]),
      names.map((name) => [`${name}.dials`, found[0]?.[0]?.facts]),
    );
    await eventually(
      async () => connections,
      (count) => count >= 24,
    );
    assert.equal(connections, 24);
  } finally {
    server.close();
  }
});
