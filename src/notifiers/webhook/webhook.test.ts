import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { after, test } from 'node:test';
import { freePort } from '../../../test/servers/free-port.ts';
import { systemClock } from '../../clock.ts';
import type { Message } from '../../core/message.ts';
import { webhook } from './index.ts';

const servers: Server[] = [];
after(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const message: Message = {
  version: 1,
  event: 'incident.opened',
  key: 'i1:opened',
  at: '2026-01-01T00:00:00.000Z',
  source: 'tést',
  url: 'http://127.0.0.1:4747/incidents/i1',
};
const ctx = { signal: new AbortController().signal, clock: systemClock, print: () => {}, thread: null };
const post = (config: object, context = ctx) => webhook.bind(config).send(message, context);
const read = async (request: IncomingMessage) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
};

test('a message arrives whole, with its key, and its signature can be computed anew', async () => {
  const secret = 'a secret of some length';
  let seen: { body: string; headers: IncomingMessage['headers'] } | undefined;
  const port = await serve(async (request, response) => {
    seen = { body: await read(request), headers: request.headers };
    response.writeHead(204).end();
  });
  const config = { url: `http://me:pw@127.0.0.1:${port}/hook?token=t`, secret, headers: { 'X-Team': 'a' } };
  assert.deepEqual(await post(config), { kind: 'delivered' });
  assert.deepEqual(JSON.parse(seen?.body ?? ''), message);
  assert.equal(seen?.headers['idempotency-key'], 'i1:opened');
  assert.equal(seen?.headers['x-team'], 'a');
  assert.equal(seen?.headers.authorization, `Basic ${btoa('me:pw')}`);
  const [, seconds, hex] =
    /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(seen?.headers['x-upkeep-signature'])) ?? [];
  assert.ok(Math.abs(Number(seconds) - Date.now() / 1_000) < 60);
  assert.equal(hex, createHmac('sha256', secret).update(`${seconds}.${seen?.body}`).digest('hex'));
});

test('what may pass is tried again, when the receiver says; what will not pass is refused', async () => {
  const date = new Date(Date.now() + 30_000).toUTCString();
  const answers: [number, Record<string, string>, string, (afterMs: number | undefined) => boolean][] = [
    [503, {}, 'retry', (afterMs) => afterMs === undefined],
    [429, { 'retry-after': '7' }, 'retry', (afterMs) => afterMs === 7_000],
    [503, { 'retry-after': date }, 'retry', (afterMs = 0) => afterMs > 27_000 && afterMs <= 30_000],
    [503, { 'retry-after': '99999999' }, 'retry', (afterMs) => afterMs === 3_600_000],
    [503, { 'retry-after': 'soon' }, 'retry', (afterMs) => afterMs === undefined],
    [400, {}, 'refused', () => true],
    [401, {}, 'refused', () => true],
    [302, { location: '/' }, 'refused', () => true],
  ];
  for (const [status, headers, kind, isRight] of answers) {
    const port = await serve((request, response) => {
      request.resume();
      response.writeHead(status, headers).end('token=hidden');
    });
    const delivery = await post({ url: `http://127.0.0.1:${port}/hidden` });
    assert.equal(delivery.kind, kind, `${status}`);
    assert.ok(isRight('afterMs' in delivery ? delivery.afterMs : undefined), JSON.stringify(delivery));
    assert.ok('detail' in delivery && delivery.detail.startsWith(`127.0.0.1:${port} answered ${status}`));
    assert.doesNotMatch(JSON.stringify(delivery), /hidden/);
  }
});

test('a redirect is followed to the same origin only', async () => {
  let strayed = 0;
  const elsewhere = await serve((_, response) => {
    strayed++;
    response.end();
  });
  const port = await serve(async (request, response) => {
    const body = await read(request);
    if (request.url === '/moved') response.writeHead(308, { location: '/final' }).end();
    else if (request.url === '/final')
      response.writeHead(JSON.parse(body).key === message.key ? 200 : 400).end();
    else response.writeHead(307, { location: `http://127.0.0.1:${elsewhere}/` }).end();
  });
  assert.deepEqual(await post({ url: `http://127.0.0.1:${port}/moved` }), { kind: 'delivered' });
  assert.equal((await post({ url: `http://127.0.0.1:${port}/away` })).kind, 'refused');
  assert.equal(strayed, 0);
});

test('a receiver that hangs or is not there is tried again, in time and without its secrets', async () => {
  const port = await serve(() => {});
  const began = performance.now();
  const hanging = await post({ url: `http://me:hidden@127.0.0.1:${port}/hidden`, timeout: '100ms' });
  assert.ok(performance.now() - began < 10_000);
  assert.deepEqual(hanging, { kind: 'retry', detail: `127.0.0.1:${port} gave no answer within 100 ms` });
  const closed = await freePort();
  const refused = await post({ url: `http://127.0.0.1:${closed}/hidden` });
  assert.deepEqual(refused, {
    kind: 'retry',
    detail: `127.0.0.1:${closed} could not be reached: nobody listens there (ECONNREFUSED)`,
  });
});

test('a stop of Upkeep ends the delivery at once and keeps the message', async () => {
  const stop = new AbortController();
  const port = await serve(() => stop.abort());
  const delivery = await post({ url: `http://127.0.0.1:${port}/` }, { ...ctx, signal: stop.signal });
  assert.equal(delivery.kind, 'retry');
});

test('an answer without end holds nothing up', async () => {
  const port = await serve((request, response) => {
    request.resume();
    response.writeHead(200).write('and on');
  });
  assert.deepEqual(await post({ url: `http://127.0.0.1:${port}/`, timeout: '20s' }), { kind: 'delivered' });
});

test('a weak secret, a header with a line break and a wrong duration are refused when read', () => {
  const wrong = { url: 'http://a.test', secret: 'short', headers: { a: 'x\r\ny' }, timeout: 'soon' };
  const paths = webhook.config.safeParse(wrong).error?.issues.map((issue) => issue.path.join('.'));
  assert.deepEqual(paths?.sort(), ['headers.a', 'secret', 'timeout']);
});
