/** Every notifier, against receivers that refuse, hang, fail and mock it with its own words. */
import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import type { Message } from '../../src/core/message.ts';
import type { Delivery, NotifierEntry } from '../../src/core/notifier.ts';
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

/** Every text that a receiver was sent, of JSON and of forms, and how long the longest body was. */
async function sentBy(notifier: NotifierEntry, told: Message): Promise<{ texts: string[]; bytes: number }> {
  const bodies: string[] = [];
  const place = await answering((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.once('end', () => {
      bodies.push(Buffer.concat(parts).toString('utf8'));
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ ok: true, ts: '1.1', channel: 'C1', id: '1', status: 1 }));
    });
  });
  const printed: string[] = [];
  try {
    await notifier.bind(settingsFor(notifier, place.port).settings).send(told, {
      signal: AbortSignal.timeout(graceMs),
      clock: systemClock,
      print: (text) => printed.push(text),
      thread: null,
    });
  } finally {
    await place.stop();
  }
  const texts = [...printed, ...bodies.flatMap(textsIn)];
  return { texts, bytes: Math.max(0, ...bodies.map((body) => Buffer.byteLength(body))) };
}

function textsIn(body: string): string[] {
  const texts: string[] = [];
  const walk = (value: unknown): void => {
    if (typeof value === 'string') texts.push(value);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(walk);
  };
  walk(body.startsWith('{') ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body)));
  return texts;
}

/** A card of Teams, the smallest of the limits that services have for a whole message; an event of PagerDuty has its own. */
const longestBody = 28 * 1024;
const longestBodyOf: Readonly<Record<string, number>> = { pagerduty: 512 * 1024 };

for (const notifier of notifiers) {
  const { kind } = notifier;

  // A webhook hands the incident on as it is, and mail is read by a mail server: both have tests of their own.
  if (kind !== 'webhook' && kind !== 'email')
    test(`${kind}: a long title of emoji, markup, a tab and a newline is cut where no letter breaks`, async () => {
      for (const shift of ['', 'x']) {
        const title = `${shift}<script>alert(1)</script>\tdb\nis down ${'🔥'.repeat(5_000)}`;
        const targets = Array.from({ length: 100 }, (_, index) => `app-${index}\t<b>`);
        const alerts = targets.map((target) => ({
          ...{ rule: 'http.down', target, labels: {}, state: 'firing' as const, value: 1, threshold: 1 },
          ...{ since: '2026-01-01T00:00:00.000Z', detail: '🔥'.repeat(2_000) },
        }));
        const incident = message.incident && { ...message.incident, title, targets, alerts };
        const { texts, bytes } = await sentBy(notifier, { ...message, incident });
        assert.ok(
          texts.some((text) => text.includes('is down')),
          'the title is told',
        );
        for (const text of texts) {
          assert.ok(text.isWellFormed(), `half a letter in ${JSON.stringify(text.slice(-40))}`);
          assert.ok(!text.includes('\t'), JSON.stringify(text.slice(0, 80)));
        }
        assert.ok(bytes <= (longestBodyOf[kind] ?? longestBody), `${bytes} bytes`);
      }
    });

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
