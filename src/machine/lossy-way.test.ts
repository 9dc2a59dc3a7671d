import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '../clock.ts';
import type { DiagnosisContext } from '../core/system.ts';
import { lossyWay } from './lossy-way.ts';

const context = (): DiagnosisContext => ({
  ...{ signal: AbortSignal.timeout(30_000), clock: systemClock, alerts: [], dependencies: [], changes: [] },
  ...{ history: async () => [], latest: () => [], logs: () => undefined, detail: () => undefined },
});

test('a server that lets few wait at once is not told as losing packets: our own dials do not crowd it', async () => {
  const server = createServer((socket) => socket.end());
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const diagnosis = lossyWay<{ port: number }>({
    ...{ kind: 'http', explains: [] },
    destination: (conn) => ({ host: '127.0.0.1', port: conn.port }),
  });
  try {
    const evidence = await diagnosis.gather({ port }, 'web', context());
    assert.equal(evidence[0]?.facts?.late, 0, JSON.stringify(evidence[0]?.facts));
    assert.deepEqual(diagnosis.conclude(evidence, 'web'), []);
  } finally {
    server.close();
  }
});

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
      found.map(([piece]) => [piece?.id, piece?.facts?.quick]),
      names.map((name) => [`${name}.dials`, 24]),
    );
    assert.equal(connections, 24);
  } finally {
    server.close();
  }
});
