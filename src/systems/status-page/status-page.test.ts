import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { after, before, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { until } from '../../../test/scenarios/watched-stack.ts';
import { serveApp } from '../../../test/served-app.ts';
import { readingOf, tryTarget } from '../../../test/try-target.ts';
import { defaultRules } from '../../config/rules.ts';
import type { Overview } from '../../core/view.ts';
import { Unreadable } from './condition.ts';
import { readFeed } from './feed.ts';
import { statusPage } from './index.ts';

const probe = 'status-page.page';
const summary = readFileSync(new URL('./fixtures/summary.json', import.meta.url), 'utf8');

/** What it answers by path; anything else is 404. */
let pages: Record<string, { status?: number; headers?: Record<string, string>; body?: string }> = {};
let server: Server;
let url = '';
before(async () => {
  server = createServer((request, response) => {
    const page = pages[request.url ?? ''];
    response.writeHead(page?.status ?? (page ? 200 : 404), page?.headers);
    response.end(page?.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
});
after(() => server.close());
beforeEach(() => {
  pages = { '/api/v2/summary.json': { body: summary } };
});

const target = (more: object = {}) => tryTarget(statusPage, { url, ...more });
const state = (component: string) => ({ component });

test('default rules read', () => assert.deepEqual(defaultRules(statusPage).problems, []));

describe('a Statuspage', () => {
  test('each component is in its state, groups are none; incident, update and link go with it', async () => {
    const seen = await target().seen(probe);
    assert.equal(readingOf(seen, 'status-page.state', state('API')), 3);
    assert.equal(readingOf(seen, 'status-page.state', state('Console')), 0);
    assert.equal(readingOf(seen, 'status-page.state', state('Webhooks')), 1);
    assert.equal(readingOf(seen, 'status-page.state', state('Platform')), undefined);
    assert.equal(readingOf(seen, 'status-page.incidents'), 1);
    const api = seen.readings.find(({ labels }) => labels?.component === 'API');
    assert.deepEqual(api?.about?.annotations, {
      incident: 'Elevated errors on API',
      status: 'identified',
      update: 'The issue has been identified and a fix is being implemented.',
      link: 'https://stspg.test/p31z',
    });
    assert.match(seen.detail ?? '', /^Example: API partial outage: Elevated errors.*\(and 1 more\)$/);
  });

  test('only the components that are used count, by name or id; one that is not there is unknown', async () => {
    const seen = await target({ components: ['Console', 'w8dk2m1n0a7s', 'Batch'] }).check(probe);
    assert.ok(seen.ok);
    assert.equal(readingOf(seen, 'status-page.state', state('API')), undefined);
    assert.equal(readingOf(seen, 'status-page.state', state('Webhooks')), 1);
    assert.equal(readingOf(seen, 'status-page.incidents'), 0);
    assert.ok(Number.isNaN(readingOf(seen, 'status-page.state', state('Batch'))));
    assert.match(seen.missing?.[0]?.reason ?? '', /^no component Batch; there are: .*API/);
    assert.equal(seen.missing?.[0]?.isAskedFor, true);
    assert.match(seen.detail ?? '', /; no component Batch; there are: /);
  });

  test('a name that the page does not have is never operational', async () => {
    const seen = await target({ components: ['APIs'] }).check(probe);
    assert.match(seen.detail ?? '', /^Example: no component APIs; there are: .*API/);
    const yaml = `name: served\ntargets: { them: { system: status-page, url: "${url}", components: [APIs] } }\nnotify: { hook: { notifier: console } }\n`;
    const served = await serveApp({ yaml });
    try {
      const them = await until('the page was read', async () => {
        const [one] = (await served.call<Overview>('status.show')).targets;
        return one?.lastAt === null ? undefined : one;
      });
      assert.deepEqual([them?.health, them?.blindChecks], ['unknown', 1]);
    } finally {
      await served.stop();
    }
  });

  test('all is well in one line', async () => {
    assert.equal((await target({ components: ['Console'] }).seen(probe)).detail, 'Example: operational');
  });

  test('a word that nobody knows is unknown, not well', async () => {
    pages = { '/api/v2/summary.json': { body: summary.replace('"partial_outage"', '"on_fire"') } };
    const seen = await target({ components: ['API'] }).check(probe);
    assert.ok(seen.ok && Number.isNaN(readingOf(seen, 'status-page.state', state('API'))));
  });

  test('redirects are followed, but not from https to http and not for ever', async () => {
    pages['/old/api/v2/summary.json'] = { status: 301, headers: { location: '/api/v2/summary.json' } };
    assert.equal(readingOf(await target({ url: `${url}/old` }).seen(probe), 'status-page.up'), 1);
    pages['/loop/api/v2/summary.json'] = { status: 302, headers: { location: '/loop/api/v2/summary.json' } };
    const looping = await target({ url: `${url}/loop` }).seen(probe);
    assert.equal(readingOf(looping, 'status-page.up'), 0);
  });

  for (const [name, body, place] of [
    ['HTML', '<html>', /not JSON/],
    [
      'another form',
      '{"page": {"name": "x"}, "status": {}, "components": []}',
      /status\.indicator: is missing/,
    ],
    [
      'a component without a state',
      '{"page":{"name":"x"},"status":{"indicator":"none"},"components":[{"id":"a","name":"b"}]}',
      /components\.0\.status/,
    ],
  ] as const) {
    test(`${name} is down with its place, and components are unknown`, async () => {
      pages = { '/api/v2/summary.json': { body } };
      const seen = await target().seen(probe);
      assert.equal(readingOf(seen, 'status-page.up'), 0);
      assert.match(seen.detail ?? '', place);
      assert.deepEqual(seen.missing?.[0]?.metrics, ['*']);
    });
  }
});

const now = Date.parse('2026-11-20T12:00:00Z');
const read = (xml: string, wanted?: string[]) => readFeed(xml, { wanted, openForMs: 86_400_000, now });
const atom = (...entries: readonly (readonly [title: string, updated: string, content: string])[]) =>
  `<?xml version="1.0" encoding="UTF-8"?><feed xml:lang="en-US" xmlns="http://www.w3.org/2005/Atom"><title>Example Status - Incident History</title>${entries
    .map(
      ([title, updated, content]) =>
        `<entry><id>tag:x</id><published>${updated}</published><updated>${updated}</updated><link rel="alternate" type="text/html" href="https://status.example.test/incidents/1"/><title>${title}</title><content type="html">${content}</content></entry>`,
    )
    .join('')}</feed>`;
const escaped = (html: string) => html.replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const update = (word: string, text: string) =>
  escaped(`<p><small>Nov 20, 10:12 UTC</small><br><strong>${word}</strong> - ${text}</p>`);

describe('a feed', () => {
  test('an Atom entry whose newest update is open is an incident; a resolved, an old and a planned one are none', () => {
    const open = [
      'Elevated errors',
      '2026-11-20T10:12:00Z',
      update('Monitoring', 'A fix is out.') + update('Investigating', 'Looking.'),
    ] as const;
    const over = [
      'API outage',
      '2026-11-20T08:00:00Z',
      update('Resolved', 'Fixed.') + update('Investigating', 'Looking.'),
    ] as const;
    const old = ['Old outage', '2026-11-10T08:00:00Z', update('Investigating', 'Looking.')] as const;
    const planned = [
      'Maintenance of the queue',
      '2026-11-20T08:00:00Z',
      update('Scheduled', 'On Sunday.'),
    ] as const;
    const found = read(atom(open, over, old, planned));
    assert.equal(found.incidents, 1);
    const [condition] = found.conditions;
    assert.equal(condition?.state, 'degraded');
    assert.equal(condition?.annotations.link, 'https://status.example.test/incidents/1');
    assert.match(condition?.detail ?? '', /^Elevated errors: .*Monitoring - A fix is out/);
    assert.equal(read(atom(over)).conditions[0]?.state, 'operational');
    assert.equal(read(atom()).conditions[0]?.state, 'operational', 'an empty history is a good one');
  });

  test('the worst open one leads, and words choose which count', () => {
    const feed = atom(
      ['Slow builds', '2026-11-20T10:00:00Z', update('Investigating', 'Builds are slow in eu-west.')],
      ['Major outage of logins', '2026-11-20T09:00:00Z', update('Identified', 'In us-east.')],
      ['Maintenance', '2026-11-20T09:30:00Z', update('In progress', 'Of storage.')],
    );
    assert.deepEqual([read(feed).conditions[0]?.state, read(feed).incidents], ['major', 3]);
    assert.equal(read(feed, ['EU-West']).conditions[0]?.state, 'degraded');
    assert.equal(read(feed, ['storage']).conditions[0]?.state, 'maintenance');
    assert.equal(read(feed, ['ap-south']).incidents, 0);
  });

  test('RSS reads too', () => {
    const rss = (title: string, text: string) =>
      `<rss version="2.0"><channel><title>Cloud</title><item><title>${title}</title><description><![CDATA[${text}]]></description><pubDate>Fri, 20 Nov 2026 10:00:00 GMT</pubDate><guid>1</guid><link>https://c.test/1</link></item></channel></rss>`;
    assert.equal(
      read(rss('Service disruption: storage', 'We are investigating.')).conditions[0]?.state,
      'partial',
    );
    assert.equal(read(rss('Service is operating normally: [RESOLVED] Latency', 'x')).incidents, 0);
  });

  test('bombs, other documents and broken ones are refused with their place', () => {
    const bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><feed><title>&b;</title></feed>';
    assert.throws(
      () => read(bomb),
      (error) => error instanceof Unreadable && /document type/.test(error.message),
    );
    assert.throws(() => read('<feed><title>x</feed>'), /line 1/);
    assert.throws(() => read('<html></html>'), /neither Atom nor RSS/);
  });

  test('property: any text is read or refused', () => {
    const piece = fc.constantFrom(
      '<feed>',
      '</feed>',
      '<entry>',
      '</entry>',
      '<title>',
      '</title>',
      '__proto__',
      '<__proto__>',
      '&amp;',
      '&#x0;',
      '<![CDATA[',
      ']]>',
      'x',
      '<a b="c"/>',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((parts) => parts.join('')),
        ),
        (xml) => {
          try {
            read(xml);
          } catch (error) {
            assert.ok(error instanceof Unreadable, String(error));
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('it is fetched like any page', async () => {
    pages['/history.atom'] = {
      body: atom(['Outage', new Date().toISOString(), update('Investigating', 'x')]),
    };
    const seen = await target({ url: `${url}/history.atom`, format: 'feed' }).seen(probe);
    assert.equal(readingOf(seen, 'status-page.state'), 3);
  });
});

test('there is a rule for each state but operational', () => {
  const rules = defaultRules(statusPage).rules.filter(({ metric }) => metric === 'status-page.state');
  const codes = rules.map((rule) => (rule.kind === 'state' ? [rule.id, rule.warning ?? rule.critical] : []));
  assert.deepEqual(codes, [
    ['status-page.maintenance', [1]],
    ['status-page.degraded', [2]],
    ['status-page.partial', [3]],
    ['status-page.major', [4]],
  ]);
});
