import assert from 'node:assert/strict';
import { test } from 'node:test';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { PublicPage } from '../../core/status-page.ts';
import { newsOf } from './announce.ts';
import { composeFiles, frameOf } from './files.ts';
import { now, open, pages, settings } from './fixtures/pages.ts';

const url = 'https://status.example.test';
const branding = { logo: { ending: 'png', content: Buffer.from('logo') }, css: Buffer.from('a{}') };

async function written(page: PublicPage, changes: Partial<typeof settings> = {}) {
  const files = await composeFiles(page, frameOf({ ...settings, ...changes }, branding, 'subscribe'), url);
  return new Map([...files].map(([name, content]) => [name, content.toString('utf8')]));
}

interface Feed {
  readonly feed: {
    readonly id: string;
    readonly title: string;
    readonly updated: string;
    readonly author: { readonly name: string };
    readonly link: readonly Record<string, string>[];
    readonly entry: readonly {
      readonly id: string;
      readonly title: string;
      readonly updated: string;
      readonly published: string;
      readonly link: Record<string, string>;
      readonly content: Record<string, string>;
    }[];
  };
}

/** RFC 4287, 4.1: what a feed and an entry must have, once. */
test('the feed is well formed and has all that RFC 4287 asks for, for every kind of day', async () => {
  const parser = new XMLParser({ ignoreAttributes: false, isArray: (name) => name === 'entry' });
  for (const [name, page] of Object.entries(pages)) {
    const text = (await written(page)).get('feed.atom') ?? '';
    assert.equal(XMLValidator.validate(text), true, name);
    const { feed } = parser.parse(text) as Feed;
    assert.match(feed.id, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.match(feed.updated, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.equal(feed.author.name, 'Guildford');
    assert.deepEqual(
      feed.link.map((link) => [link['@_rel'], link['@_href']]),
      [
        ['self', `${url}/feed.atom`],
        ['alternate', `${url}/`],
      ],
    );
    const entries = feed.entry ?? [];
    assert.equal(entries.length, page.incidents.length + page.maintenance.length);
    assert.equal(new Set(entries.map(({ id }) => id)).size, entries.length, 'each has an id of its own');
    for (const entry of entries) {
      assert.match(entry.id, /^urn:uuid:/);
      assert.ok(entry.title.length > 0 && Date.parse(entry.updated) >= Date.parse(entry.published));
      assert.match(entry.link['@_href'] ?? '', /^https:\/\/status\.example\.test\//);
      assert.equal(entry.content['@_type'], 'html');
    }
    const updated = entries.map((entry) => Date.parse(entry.updated));
    assert.deepEqual(
      updated,
      updated.toSorted((a, b) => b - a),
      'newest first',
    );
  }
});

test('an entry keeps its id while it is told on, and the feed is as old as its newest entry', async () => {
  const idsOf = async (page: PublicPage) =>
    [...((await written(page)).get('feed.atom') ?? '').matchAll(/<id>(.*)<\/id>/g)].map(([, id]) => id);
  const before = { ...pages.major, incidents: [open] };
  const after = {
    ...before,
    writtenAt: now + 60_000,
    incidents: [{ ...open, status: 'monitoring' as const }],
  };
  assert.deepEqual(await idsOf(before), await idsOf(after));
  const feed = (await written({ ...before, writtenAt: now + 60_000 })).get('feed.atom');
  assert.equal(feed, (await written(before)).get('feed.atom'), 'nothing new to readers of the feed');
});

test('whatever people write, it stays text', async () => {
  const evil = '<img src=x onerror=alert(1)>"\'&]]>\u0007\u202e';
  const page: PublicPage = {
    ...pages.major,
    title: evil,
    components: pages.major.components.map((one) => ({ ...one, name: evil, group: evil, description: evil })),
    incidents: [
      {
        ...open,
        title: evil,
        components: [evil],
        updates: open.updates.map((one) => ({
          ...one,
          text: `${evil} [x](javascript:alert(1)) ![](https://evil.test/i.png)`,
        })),
      },
    ],
  };
  const files = await written(page, {
    title: evil,
    branding: { ...settings.branding, footer: [{ text: evil, url: 'https://example.test' }] },
  });
  for (const [name, text] of files) {
    if (/\.(css|png)$/.test(name)) continue;
    assert.doesNotMatch(text, /<img src=x|href="javascript|src="https?:/i, name);
    if (/\.(svg|atom)$/.test(name)) assert.equal(XMLValidator.validate(text), true, name);
    if (name.endsWith('.json')) JSON.parse(text);
  }
});

test('links between the files lead to files, from every depth', async () => {
  const files = await written({
    ...pages.maintenance,
    incidents: [
      open,
      ...pages.calm.incidents.map((one) => ({ ...one, openedAt: one.openedAt - 60 * 86_400_000 })),
    ],
  });
  assert.ok(
    files.has('history/2026-11.html') &&
      files.has('history/2026-10.html') &&
      files.has('history/2026-09.html'),
  );
  for (const [name, text] of files) {
    if (!name.endsWith('.html')) continue;
    for (const [, link = ''] of text.matchAll(/(?:href|src)="([^"#]+)(?:#[^"]*)?"/g)) {
      if (/^(https?|mailto):/.test(link)) continue;
      const path = new URL(link, `http://x/${name}`).pathname.slice(1);
      assert.ok(files.has(path), `${name} -> ${link}`);
    }
    assert.match(text, /<html lang="en">[\s\S]*<main id="main"[\s\S]*<h1/);
  }
});

test('colour is never the only sign: state and day are words too; calm days are no stop for the Tab key', async () => {
  const index = (await written(pages.degraded)).get('index.html') ?? '';
  for (const word of ['Degraded performance', 'Partial outage', 'Unknown', 'Operational'])
    assert.ok(index.includes(word), word);
  assert.match(
    index,
    /<li class="major" tabindex="0"><span class="tip[^"]*"><b>22 Sept? 2026<\/b><span>9\d\.\d+ % uptime, down for 2 h 10 m<\/span><span>Problem with Sign-in and Search<\/span>/,
  );
  const stops = index.match(/<li class="\w+" tabindex="0">/g)?.length ?? 0;
  assert.ok(stops > 3 && stops < 20, `${stops} stops`);
  assert.match(
    index,
    /aria-label="Reports by mail, last 90 days: 100 % uptime of the 2[34] d( \d+ h)? known, trouble on 0 of 24 measured days"/,
  );
});

test('the badge says the state in words; style and logo carry their content in their name', async () => {
  const files = await written(pages.major);
  assert.match(files.get('badge.svg') ?? '', /aria-label="Guildford: major outage"/);
  const names = [...files.keys()];
  assert.ok(names.some((name) => /^style-[0-9a-f]{10}\.css$/.test(name)));
  assert.ok(names.some((name) => /^custom-[0-9a-f]{10}\.css$/.test(name)));
  assert.ok(names.some((name) => /^logo-[0-9a-f]{10}\.png$/.test(name)));
  assert.equal(names.at(-1), 'index.html', 'written last');
});

test('subscribers hear of what is new and planned for once, not of what is old or repeats', () => {
  assert.deepEqual(newsOf(pages.calm), []);
  const titles = newsOf(pages.major).map(({ title }) => title);
  assert.deepEqual(titles, [
    'Investigating: Problem with API and Website',
    'Identified: Problem with API and Website',
  ]);
  const isLater = (tellAt: number) =>
    newsOf({
      ...pages.major,
      incidents: pages.major.incidents.map((one) => ({
        ...one,
        updates: one.updates.map((update) => ({ ...update, tellAt })),
      })),
    });
  assert.deepEqual(isLater(now + 1), []);
  assert.ok(isLater(now).length >= 2);
  const planned = newsOf(pages.maintenance).map(({ title }) => title);
  assert.deepEqual(planned, [
    'In progress: Planned maintenance of Search and Reports by mail',
    'Scheduled: Planned maintenance of API',
  ]);
  const weekly = pages.maintenance.maintenance.map((one) => ({ ...one, isOnce: false }));
  assert.deepEqual(newsOf({ ...pages.maintenance, maintenance: weekly }), []);
  const keys = new Set([...newsOf(pages.major), ...newsOf(pages.maintenance)].map(({ key }) => key));
  assert.equal(keys.size, 4);
});
