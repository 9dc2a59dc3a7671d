/** A cascade on the pages: sixty targets that fall with one are few rows, and each of them is one tap away. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { webFolder } from '../../src/cli/ask.ts';
import { buildDashboard } from '../../src/cli/dashboard-build.ts';
import type { IncidentDetail, IncidentView } from '../../src/core/view.ts';
import { type ServedApp, serveApp } from '../served-app.ts';
import { freePort } from '../servers/free-port.ts';
import { eventually } from '../try-target.ts';
import { hasChromium, openBrowser } from './browser.ts';

const isMissing = hasChromium ? false : 'chromium is not installed: apt-get install chromium';
const many = 60;
/** A page of a phone that is longer is not read at night; unfolded it was three times as long. */
const mostHeight = 8_000;

describe('a cascade on the pages', {
  skip: process.env.CI === 'true' ? false : isMissing,
  concurrency: false,
}, () => {
  let served: ServedApp;
  let browser: Browser;
  let page: Page;
  let id: string;
  let isWell = false;
  let port: number;
  const database = createServer();
  const pages = createServer((_, response) => response.writeHead(isWell ? 200 : 500).end());

  before(async () => {
    await buildDashboard(webFolder, () => {});
    await new Promise<void>((listening) => pages.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
    port = await freePort();
    const targets = Array.from(
      { length: many },
      (_, index) =>
        `  page-${index + 1}: { system: http, url: "${url}/${index}", every: 2s, timeout: 20s, dependsOn: [db] }`,
    );
    served = await serveApp({
      web: webFolder,
      yaml: [
        'name: shop',
        'incidents: { recoverFor: 10m }',
        'targets:',
        `  db: { system: tcp, host: 127.0.0.1, port: ${port}, every: 1s, timeout: 20s }`,
        '  machine: { system: host, every: 2s }',
        ...targets,
      ].join('\n'),
    });
    const found = await eventually(
      async () => {
        const [open] = (await served.call<IncidentView[]>('incident.list', {})).filter(
          ({ lead }) => lead === 'db',
        );
        return open && (await served.call<IncidentDetail>('incident.show', { id: open.id }));
      },
      (incident) => (incident?.firingAlerts ?? 0) > many && (incident?.findings.length ?? 0) > 0,
    );
    id = found?.id ?? '';
    browser = await openBrowser();
    page = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage();
    page.setDefaultTimeout(90_000);
    await page.goto(served.app.setupLink ?? '');
    await page.getByLabel('Name').fill('ann');
    await page.getByLabel('Password').first().fill('a sentence that nobody guesses');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: /incident/ }).waitFor();
  });
  after(async () => {
    await browser?.close();
    await served?.stop();
    pages.close();
    database.close();
  });

  const open = async (path: string) => {
    await page.goto(`${served.url}${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
  };
  const height = () => page.evaluate(() => document.documentElement.scrollHeight);
  const isNarrow = async (path: string) =>
    assert.ok(
      (await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)) <= 1,
      path,
    );

  test('the incident folds its alerts by rule with their number, and each unfolds', async () => {
    await open(`/incidents/${id}`);
    const alerts = page.getByRole('list', { name: 'Alerts', exact: true });
    await alerts.getByText(`Endpoint is down on ${many} targets`).waitFor();
    await page.getByText(`${many + 1} firing`).waitFor();
    assert.ok((await height()) < mostHeight, `${await height()} px`);
    await alerts.getByRole('button', { name: 'Show each' }).click();
    const each = page.getByRole('list', { name: 'http.down, firing' });
    await each.getByRole('listitem').first().waitFor();
    assert.equal(await each.getByRole('listitem').count(), many);
    await page
      .getByRole('region', { name: 'Impact' })
      .getByRole('button', { name: /^\d+ more$/ })
      .click();
    await page.getByRole('region', { name: 'Impact' }).getByRole('link', { name: 'page-60' }).waitFor();
    await isNarrow('incident');
  });

  test('evidence is told in words and with units, and nothing of what is not known', async () => {
    await open(`/incidents/${id}`);
    await page
      .getByRole('button', { name: /^Show \d+ pieces? of evidence/ })
      .first()
      .click();
    const piece = page.getByRole('region', { name: /^TCP connect to/ }).first();
    await piece.getByText('is this machine').waitFor();
    assert.match(await piece.innerText(), /is this machine\s+yes/);
    assert.doesNotMatch(await page.locator('main').innerText(), /isThisMachine|\bnull\b/);
  });

  test('the overview says first how many targets are in trouble, and folds those that are equal', async () => {
    await open('/');
    await page.getByText(/^6\d of 62 targets critical/).waitFor();
    const group = page.getByRole('button', { name: `${many} × http` });
    await group.click();
    const list = page.getByRole('list', { name: 'Targets' });
    await list.getByRole('link', { name: 'page-60' }).waitFor();
    await group.click();
    await list.getByRole('link', { name: 'page-60' }).waitFor({ state: 'detached' });
    await isNarrow('overview');
    await page.getByLabel(/Find a target/).fill('page-1');
    await list.getByRole('link', { name: 'page-19' }).waitFor();
  });

  test('the page of a rule tells its settings once, and the post-mortem the cascade in one row', async () => {
    await open('/rules/http.down');
    await page.getByText('critical: http.up is 0 (incident: critical)').waitFor();
    await page.getByText(`${many} × firing`).waitFor();
    assert.ok((await height()) < mostHeight / 2, `${await height()} px`);
    await isNarrow('rule');
    await open(`/incidents/${id}/postmortem`);
    await page
      .getByText(/\d+ × http\.down on page-/)
      .first()
      .waitFor();
    assert.ok((await height()) < mostHeight, `${await height()} px`);
  });

  test('who needs a target is folded too, and a machine has no latency', async () => {
    await open('/targets/db');
    await page.getByRole('button', { name: /^5\d more$/ }).waitFor();
    await page.getByText('Latency', { exact: true }).waitFor();
    await open('/targets/machine');
    await page.getByText('Checked every').first().waitFor();
    assert.equal(await page.getByText('Latency', { exact: true }).count(), 0);
  });

  test('when all recovered, the head of the incident says until when that must hold', async () => {
    await open(`/incidents/${id}`);
    isWell = true;
    database.listen(port, '127.0.0.1');
    await page
      .locator('header')
      .getByText(/all alerts recovered; holding until \d\d:\d\d:\d\d/)
      .waitFor({ timeout: 240_000 });
  });
});
