/** Every notifier, against receivers that refuse, hang, fail and mock it with its own words. */
import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import type { Message } from '../../src/core/message.ts';
import type { Delivery } from '../../src/core/notifier.ts';
import { notifiers } from '../../src/notifiers/index.ts';
import { blackHole, closedPort, type Place } from '../servers/black-hole.ts';
import { settingsFor } from './receiver-settings.ts';
import { endsWithin, secret } from './targets.ts';

const allowedMs = 800;
const graceMs = 15_000;

const message: Message = {
  version: 1,
  event: 'incident.opened',
  key: 'contract:opened',
  at: '2026-01-01T00:00:00.000Z',
  source: 'contract',
  incident: {
    ...{ id: 'contract', title: 'web: no answer', severity: 'SEV1', level: 'critical', status: 'open' },
    ...{
      services: ['shop'],
      targets: ['web'],
      openedAt: '2026-01-01T00:00:00.000Z',
      alerts: [],
      actions: [],
    },
  },
  url: 'http://127.0.0.1:4747/incidents/contract',
};

async function answering(listener: RequestListener): Promise<Place> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Says back what it was sent, as careless receivers do in their errors. */
const echoing =
  (status: number): RequestListener =>
  (request, response) => {
    const body = JSON.stringify({ error: `bad request ${request.url} ${JSON.stringify(request.headers)}` });
    request.resume().once('end', () => response.writeHead(status).end(body));
  };

const receivers: Readonly<
  Record<string, { open: () => Promise<Place>; kinds: readonly Delivery['kind'][] }>
> = {
  'is closed': { open: closedPort, kinds: ['retry'] },
  'never answers': { open: blackHole, kinds: ['retry'] },
  'fails with 500': { open: () => answering(echoing(500)), kinds: ['retry'] },
  'turns it away with 401': { open: () => answering(echoing(401)), kinds: ['refused', 'retry'] },
  'answers nonsense': {
    open: () => answering((request, response) => request.resume().once('end', () => response.end('<html>'))),
    kinds: ['delivered', 'refused', 'retry'],
  },
  'closes the connection': {
    open: () => answering((request) => request.socket.destroy()),
    kinds: ['retry'],
  },
  'sends it elsewhere': {
    open: () =>
      answering((request, response) =>
        response.writeHead(302, { location: `http://127.0.0.1:1${request.url}` }).end(),
      ),
    kinds: ['refused', 'retry'],
  },
};

for (const notifier of notifiers) {
  const { kind } = notifier;

  test(`${kind}: has a name, a summary and strict settings`, () => {
    assert.match(kind, /^[a-z][a-z0-9-]*$/);
    assert.ok(notifier.summary.length > 10);
    assert.equal(
      notifier.config.safeParse({ ...settingsFor(notifier, 1).settings, surely: 'unknown' }).success,
      false,
    );
  });

  for (const [how, { open, kinds }] of Object.entries(receivers)) {
    test(`${kind}: says in time, without a secret, what became of a message to a receiver that ${how}`, async () => {
      const place = await open();
      const printed: string[] = [];
      try {
        const { settings, isRemote } = settingsFor(notifier, place.port);
        const sending = notifier.bind(settings).send(message, {
          signal: AbortSignal.timeout(allowedMs),
          clock: systemClock,
          print: (text) => printed.push(text),
          thread: null,
        });
        const delivery = await endsWithin(allowedMs + graceMs, kind, sending);
        const said = JSON.stringify(delivery) + printed.join('\n');
        assert.ok(
          !said.includes(secret),
          `a secret is in ${JSON.stringify(delivery).replaceAll(secret, '(secret)')}`,
        );
        if (isRemote) assert.ok(kinds.includes(delivery.kind), said);
        else assert.equal(delivery.kind, 'delivered');
      } finally {
        await place.stop();
      }
    });
  }
}
