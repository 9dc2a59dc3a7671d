import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, test } from 'node:test';
import { tryTarget } from '../../../../test/try-target.ts';
import { http } from '../index.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const tried = (port: number) => {
  const target = tryTarget(http, { url: `http://127.0.0.1:${port}/` });
  ends.push(() => target.bound.close());
  return target;
};

/** Opens a file until it may open none, and serves. */
const leaking = `
const held = [];
const server = require('node:http').createServer((q, r) => r.end('ok'));
server.listen(0, '127.0.0.1', () => {
  try { for (;;) held.push(require('node:fs').openSync('/dev/null')); } catch {}
  process.stdout.write(server.address().port + '\\n');
});`;

test('an application without a free descriptor is told so, with its process and the limit', async () => {
  const child = spawn('bash', ['-c', 'ulimit -n 64; exec "$0" -e "$1"', process.execPath, leaking], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  ends.push(() => child.kill('SIGKILL'));
  const [line] = await once(child.stdout, 'data');
  const port = Number(String(line));
  const held = connect(port, '127.0.0.1').on('error', () => {});
  ends.push(() => held.destroy());
  await once(held, 'connect');
  const { findings } = await tried(port).diagnose('http.cut-off');
  const [finding] = findings;
  assert.match(
    finding?.summary ?? '',
    new RegExp(`^node \\(pid ${child.pid}\\) has 6[234] of 64 files open and `),
  );
  assert.equal(finding?.confidence, 0.95);
  assert.match(finding?.explanation ?? '', new RegExp(`prlimit --pid ${child.pid} `));
});

for (const [when, onConnection] of [
  ['before it is asked', (socket: Socket) => socket.resetAndDestroy()],
  ['once it was asked', (socket: Socket) => socket.on('data', () => socket.destroy())],
] as const) {
  test(`a server that ends connections without an answer is told: ${when}`, async () => {
    const server = createServer(onConnection).listen(0, '127.0.0.1');
    ends.push(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const target = tried(port);
    const { findings } = await target.diagnose('http.cut-off');
    assert.match(
      findings[0]?.summary ?? '',
      /^node \(pid \d+\) takes the connection and ends it without an answer: .*\(?ECONNRESET/,
    );
    assert.equal(findings[0]?.isWhereOnly, true);
    assert.deepEqual((await target.diagnose('http.unreachable')).findings, [], 'it is reached');
  });
}

test('one that answers, with whatever, is none of it', async () => {
  const { createServer: createWeb } = await import('node:http');
  const server = createWeb((_request, response) => {
    response.statusCode = 503;
    response.end();
  }).listen(0, '127.0.0.1');
  ends.push(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { findings, evidence } = await tried(port).diagnose('http.cut-off');
  assert.deepEqual(findings, []);
  assert.equal(evidence.find(({ id }) => id.endsWith('.answer'))?.facts?.result, 'answered');
});
