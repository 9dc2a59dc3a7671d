import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';
import { eventually } from '../../../test/try-target.ts';
import { systemClock } from '../../clock.ts';
import type { Configuration } from '../../core/configuration.ts';
import type { StatusPageSettings } from '../../core/status-page.ts';
import * as incidentRows from '../../store/incidents.ts';
import { readSummary } from '../../systems/status-page/summary.ts';
import { statusPageRoutes } from './routes.ts';

const running: ServedApp[] = [];
after(async () => {
  for (const served of running) await served.stop();
});

const yaml = `
name: shop
timezone: Europe/Berlin
targets:
  zz-api-7: { system: http, url: "http://127.0.0.1:9/zz-path", every: 1h, timeout: 1s }
  zz-db-7: { system: tcp, host: 127.0.0.9, port: 9, every: 1h, timeout: 1s }
services:
  zz-svc: { targets: [zz-api-7], dependsOn: [zz-db-7] }
statusPage:
  title: Shop & <Sons>
  components:
    - { name: "Checkout <b>", service: zz-svc, group: Buying }
    - { name: Storage, target: zz-db-7, description: Where orders are kept }
  branding: { footer: { Help: "https://example.test/help" } }
`;

async function start(settings: Partial<StatusPageSettings> = {}) {
  const change = (configuration: Configuration): Configuration => {
    const { statusPage } = configuration;
    return statusPage ? { ...configuration, statusPage: { ...statusPage, ...settings } } : configuration;
  };
  const served = await serveApp({ yaml, change });
  running.push(served);
  await served.app.ctx.statusPage.render();
  return served;
}

function filesIn(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true }).map(String);
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  return new Map(files.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString().slice(0, 16);
const folderOf = (served: ServedApp) => join(served.folder, 'data', 'status-page');

describe('who may read it', () => {
  test('nobody from Upkeep itself until that is configured; the files are written all the same', async () => {
    const served = await start();
    for (const path of ['/status/', '/status/index.html', '/status/api/v2/summary.json'])
      assert.doesNotMatch((await served.ask('GET', path)).text, /Checkout/, path);
    const files = filesIn(folderOf(served));
    assert.match(files.get('index.html') ?? '', /Checkout &lt;b&gt;/);
    for (const name of ['feed.atom', 'badge.svg', 'icon.svg', 'history/index.html', 'api/v2/status.json'])
      assert.ok(files.has(name), name);
  });

  test('whoever has the secret address, until a new one is made', async () => {
    const served = await start({ access: 'link' });
    assert.equal((await served.ask('GET', '/status/')).status, 404);
    const { url } = await served.call<{ url: string }>('status-page.link');
    const path = new URL(url).pathname;
    assert.match((await served.ask('GET', path)).text, /Checkout/);
    assert.match((await served.ask('GET', path)).text, /name="robots" content="noindex"/);
    assert.equal((await served.ask('GET', `${path}api/v2/status.json`)).status, 200);
    assert.equal((await served.ask('GET', path.slice(0, -1))).headers.location, path);
    assert.equal((await served.ask('GET', `/status/${'x'.repeat(43)}/`)).status, 404);
    await served.call('status-page.link');
    assert.equal((await served.ask('GET', path)).status, 404);
  });

  test('everybody where it is public: strict headers, small and quick to be asked again', async () => {
    const served = await start({ access: 'public' });
    assert.equal((await served.ask('GET', '/status')).headers.location, '/status/');
    const page = await served.ask('GET', '/status/', { headers: { host: 'status.example.test' } });
    assert.equal(page.status, 200);
    assert.match(String(page.headers['content-security-policy']), /default-src 'none'; style-src 'self'/);
    assert.equal(page.headers['x-content-type-options'], 'nosniff');
    assert.equal(page.headers['set-cookie'], undefined);
    const again = await served.ask('GET', '/status/', {
      headers: { 'if-none-match': String(page.headers.etag) },
    });
    assert.equal(again.status, 304);
    const zipped = await fetch(`${served.url}/status/feed.atom`, { headers: { 'accept-encoding': 'gzip' } });
    assert.equal(zipped.headers.get('content-encoding'), 'gzip');
    assert.match(await zipped.text(), /<feed /);
    for (const path of [
      '/status/../../upkeep.yaml',
      '/status/%2e%2e/state.db',
      '/status/.upkeep-status-page',
    ])
      assert.notEqual((await served.ask('GET', path)).status, 200, path);
    assert.equal((await served.ask('POST', '/status/')).status, 405);
  });

  test('a crowd is let in at its own pace, which leaves the API its own', async () => {
    const served = await start({ access: 'public' });
    let now = 0;
    const door = { clock: { ...systemClock, now: () => now }, publicUrl: () => null };
    const routes = statusPageRoutes({ ...door, page: served.app.ctx.statusPage });
    routes.onError((error, c) => c.text(String(error), 429));
    const ask = async () => (await routes.request('/status/api/v2/status.json')).status;
    const crowd = await Promise.all(Array.from({ length: 400 }, ask));
    assert.equal(crowd.filter((status) => status === 200).length, 300);
    assert.equal(await ask(), 429);
    now += 10;
    assert.deepEqual([await ask(), await ask(), await ask()], [200, 200, 429]);
  });
});

describe('what it says', () => {
  test('nothing internal leaves in any file: no title, finding, evidence, note, target, address or name', async () => {
    const served = await start({ access: 'public' });
    const { ctx } = served.app;
    const incident = await served.call<{ id: string }>('incident.declare', {
      ...{ title: 'zz-title: zz-db-7 is full', level: 'critical', services: 'zz-svc', note: 'zz-note' },
    });
    await ctx.store.transaction(async (tx) => {
      const found = await incidentRows.require(tx, incident.id);
      const evidence = [
        {
          id: 'e1',
          title: 'zz-evidence',
          kind: 'facts',
          target: 'zz-db-7',
          at: 1,
          facts: { host: 'zz-host' },
        },
      ];
      await incidentRows.update(tx, {
        ...found,
        findings: JSON.parse(
          '[{"id":"f","summary":"zz-finding","confidence":0.9,"target":"zz-db-7","evidence":["e1"]}]',
        ),
        evidence: JSON.parse(JSON.stringify(evidence)),
      });
    });
    await served.call('incident.update', { id: incident.id, text: 'zz-private', status: 'identified' });
    await served.call('incident.update', {
      ...{ id: incident.id, status: 'identified', public: true },
      text: 'We **know** why <script>alert(1)</script> [more](https://example.test/more) ![](https://evil.test/x.png)',
    });
    await served.call('maintenance.schedule', {
      ...{ name: 'zz-window', what: 'zz-what on zz-db-7', targets: 'zz-db-7' },
      ...{ starts: tomorrow(), for: '1h', impact: 'Orders may be slow.' },
    });
    await ctx.statusPage.render();
    const files = filesIn(folderOf(served));
    assert.ok(files.size > 10);
    for (const [name, text] of files) {
      assert.doesNotMatch(text, /zz-/, name);
      assert.doesNotMatch(text, /127\.0\.0\.9|owner|state\.db|upkeep\.yaml/, name);
      assert.ok(!text.includes(incident.id), `${name} has an internal id`);
    }
    const index = files.get('index.html') ?? '';
    assert.match(index, /Problem with Checkout &lt;b&gt;/);
    assert.match(index, /We <strong>know<\/strong> why/);
    assert.match(index, /Major outage/);
    assert.match(index, /Planned maintenance of all components[\s\S]*Orders may be slow\./);
  });

  test('complete without script, without a style inside, without anything from elsewhere', async () => {
    const served = await start({ access: 'public' });
    for (const [name, text] of filesIn(folderOf(served))) {
      if (!name.endsWith('.html')) continue;
      assert.doesNotMatch(text, /<script|<style|style="|\son\w+=|<iframe|<object|@import/i, name);
      const loaded = [...text.matchAll(/<(?:link|img)[^>]*(?:href|src)="([^"]*)"/g)].map(([, at = '']) => at);
      assert.ok(loaded.length > 0 && loaded.every((at) => !/^[a-z]+:|^\/\//i.test(at)), `${name}: ${loaded}`);
      const page = join(folderOf(served), name, '..');
      for (const at of loaded) assert.ok(existsSync(join(page, at)), `${name} needs ${at}`);
    }
  });

  test("Upkeep's own status-page system reads it, an unknown component as unknown", async () => {
    const served = await start({ access: 'public' });
    await served.call('incident.declare', { title: 'It is slow', level: 'medium', services: 'zz-svc' });
    await served.app.ctx.statusPage.render();
    const { text } = await served.ask('GET', '/status/api/v2/summary.json');
    const reading = readSummary(text, undefined);
    assert.equal(reading.name, 'Shop & <Sons>');
    assert.deepEqual(
      reading.conditions.map(({ component, state }) => [component, state]),
      [
        ['Checkout <b>', 'degraded'],
        ['Storage', null],
      ],
    );
    assert.equal(reading.incidents, 0, 'medium is told by hand');
  });

  test('it is written on a change, and says until when to believe it', async () => {
    const served = await start({ access: 'public' });
    const incident = await served.call<{ id: string }>('incident.declare', {
      ...{ title: 'Nobody can pay', level: 'critical', services: 'zz-svc' },
    });
    const written = () => readFileSync(join(folderOf(served), 'index.html'), 'utf8');
    await eventually(async () => /Problem with Checkout/.test(written()), Boolean);
    assert.match(written(), /name="upkeep-stale-after" content="\d{4}-/);
    assert.match(written(), /Last updated/);
    await served.call('incident.resolve', { id: incident.id });
    await eventually(async () => /is over\. It lasted/.test(written()), Boolean);
  });

  test('a logo and a style of one’s own are files of the page; one that is missing is left out and told', async () => {
    const served = await start({ access: 'public' });
    const { ctx } = served.app;
    const settings = ctx.configuration().statusPage;
    assert.ok(settings);
    const [logo, css] = [join(served.folder, 'logo.svg'), join(served.folder, 'own.css')];
    writeFileSync(logo, '<svg xmlns="http://www.w3.org/2000/svg"/>');
    Object.assign(settings, { branding: { ...settings.branding, logo, css } });
    await ctx.statusPage.render();
    assert.match(ctx.statusPage.problem() ?? '', /own\.css/);
    const index = (await served.ask('GET', '/status/')).text;
    const path = /src="(logo-[0-9a-f]{10}\.svg)"/.exec(index)?.[1];
    const picture = await served.ask('GET', `/status/${path}`);
    assert.equal(picture.headers['content-type'], 'image/svg+xml');
    assert.match(String(picture.headers['content-security-policy']), /sandbox/);
    assert.doesNotMatch(index, /custom-/);
    writeFileSync(css, 'body{font-size:18px}');
    await ctx.statusPage.render();
    assert.equal(ctx.statusPage.problem(), null);
    assert.match((await served.ask('GET', '/status/')).text, /href="custom-[0-9a-f]{10}\.css"/);
  });

  test('where the folder cannot be written it says so, serves on, and comes back by itself', async () => {
    const served = await start({ access: 'public' });
    const { ctx } = served.app;
    const blocked = join(served.folder, 'blocked');
    writeFileSync(blocked, 'a file where a folder should be');
    const settings = ctx.configuration().statusPage;
    assert.ok(settings);
    Object.assign(settings, { folder: join(blocked, 'page') });
    await assert.rejects(served.call('status-page.render'), /blocked/);
    const shown = await served.call<{ problem: string | null }>('status-page.show');
    assert.match(shown.problem ?? '', /blocked/);
    assert.equal((await served.ask('GET', '/status/')).status, 200);
    rmSync(blocked);
    await served.call('incident.declare', { title: 'Something else', level: 'low', services: 'zz-svc' });
    await eventually(
      async () => existsSync(join(blocked, 'page', 'index.html')) && ctx.statusPage.problem() === null,
      Boolean,
    );
  });
});
