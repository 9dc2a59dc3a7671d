import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { bars } from '../../src/practices/status-page/bars.ts';
import { pageOf } from '../../src/practices/status-page/fixtures/pages.ts';
import { styleSheet } from '../../src/practices/status-page/style.ts';
import { type ServedApp, serveApp } from '../served-app.ts';
import { chromiumPath, hasChromium, openBrowser } from './browser.ts';

const skip = hasChromium ? false : `${chromiumPath} is not there: apt-get install chromium`;
if (skip !== false && process.env.CI === 'true') throw new Error(skip);

const yaml = `
name: shop
targets: { it: { system: process, pidFile: /nonexistent/it.pid, every: 1h } }
services: { api: { targets: [it] } }
notify: { mail: { notifier: email, host: 127.0.0.1, port: 9, tls: none, from: a@shop.example } }
statusPage:
  title: Shop
  access: public
  subscriptions: mail
  components:
    - { name: Checkout, service: api, group: Shop, description: "Cart and payment, and whatever else has a long name here" }
    - { name: Storage, target: it }
`;

let browser: Browser;
let served: ServedApp;
before(async () => {
  if (skip !== false) return;
  browser = await openBrowser();
  served = await serveApp({ yaml });
  await served.call('incident.declare', { title: 'It is down', level: 'critical', services: 'api' });
  await served.app.ctx.statusPage.render();
});
after(async () => {
  await browser?.close();
  await served?.stop();
});

/** Whatever a browser has to complain of: blocked by the policy, not found, thrown. */
function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() !== 'log') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) => complaints.push(request.url()));
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
  });
  return complaints;
}

for (const colorScheme of ['light', 'dark'] as const)
  for (const width of [1280, 390])
    test(`at ${width} px and ${colorScheme} it fits, is styled and loads nothing that is refused`, {
      skip,
    }, async () => {
      const page = await browser.newPage({
        colorScheme,
        viewport: { width, height: 900 },
        javaScriptEnabled: false,
      });
      const complaints = complaintsOf(page);
      for (const path of ['/status/', '/status/history/index.html']) {
        await page.goto(`${served.url}${path}`);
        const box = await page.locator('body').evaluate((body) => {
          const style = getComputedStyle(body);
          return { wide: document.documentElement.scrollWidth, colour: style.backgroundColor };
        });
        assert.ok(box.wide <= width, `${path} is ${box.wide} px wide`);
        assert.equal(box.colour, colorScheme === 'light' ? 'rgb(246, 247, 249)' : 'rgb(15, 18, 22)');
      }
      assert.deepEqual(complaints, []);
      await page.close();
    });

test('on a phone a page that is days old says of how much its figure is without being cut off', {
  skip,
}, async () => {
  const young = pageOf(['operational']).components.map((one) => ({
    ...one,
    uptime: 0.97458,
    days: one.days.map((day, index) => (index < 88 ? { ...day, uptime: null, measuredMs: 0 } : day)),
  }));
  const page = await browser.newPage({ viewport: { width: 390, height: 900 } });
  const drawn = await Promise.all(young.map(async (one) => String(await bars(one))));
  await page.setContent(
    `<style>${styleSheet(null)}</style><main><div class="card"><div class="component">${drawn.join('')}</div></div></main>`,
  );
  const told = page.getByText(/^97\.4\d* % uptime of the .* known$/).first();
  const box = await told.boundingBox();
  assert.ok(box && box.x >= 0 && box.x + box.width <= 390 && box.height < 30, JSON.stringify(box));
  for (const end of ['30 days ago', 'Today']) {
    const place = await page.getByText(end).first().boundingBox();
    assert.ok(place && place.x + place.width <= 390 && place.height < 30, `${end}: ${JSON.stringify(place)}`);
  }
  await page.close();
});

test('by the keyboard alone: past the head, to a day with trouble and its words, to the form and its answer', {
  skip,
}, async () => {
  const page = await browser.newPage({ javaScriptEnabled: false });
  const complaints = complaintsOf(page);
  await page.goto(`${served.url}/status/`);
  await page.keyboard.press('Tab');
  assert.equal(await page.locator(':focus').innerText(), 'Skip to the content');
  await page.keyboard.press('Enter');
  const day = page.locator('.days li[tabindex]').first();
  await day.focus();
  assert.ok(await day.locator('.tip').isVisible());
  assert.match(await day.innerText(), /Problem with Checkout/);
  await page.locator('#address').focus();
  await page.keyboard.type('you@example.org');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/status/subscribe');
  assert.equal(await page.locator('h1').innerText(), 'Look into your mail');
  assert.ok((await page.locator('.note').evaluate((note) => getComputedStyle(note).borderRadius)) !== '0px');
  assert.deepEqual(complaints, []);
  await page.close();
});

test('what a screen reader is told: one heading of the page, landmarks, each component with its state in words', {
  skip,
}, async () => {
  const page = await browser.newPage({ javaScriptEnabled: false });
  await page.goto(`${served.url}/status/`);
  assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1);
  for (const role of ['banner', 'main', 'contentinfo', 'navigation'] as const)
    assert.equal(await page.getByRole(role).count(), 1, role);
  const list = page.getByRole('list', { name: /^Checkout, last 90 days: / });
  assert.equal(await list.count(), 1);
  assert.ok((await list.getByRole('listitem').count()) < 5, 'calm days are not read out one by one');
  assert.match(await page.getByRole('main').innerText(), /Checkout[\s\S]*Major outage/);
  await page.close();
});

test('with Upkeep stopped the files alone are the whole page, and say when they were written', {
  skip,
}, async () => {
  await served.app.stop();
  const page = await browser.newPage({ javaScriptEnabled: false });
  const complaints = complaintsOf(page);
  await page.goto(`file://${join(served.folder, 'data', 'status-page', 'index.html')}`);
  assert.match(await page.locator('h1').innerText(), /\w/);
  assert.equal(await page.locator('.banner').evaluate((one) => getComputedStyle(one).display), 'flex');
  assert.match(
    await page.getByRole('contentinfo').innerText(),
    /Last updated \d.* take what it says as out of date/s,
  );
  await page.getByRole('link', { name: 'History' }).click();
  assert.match(await page.locator('h1').innerText(), /History/);
  assert.deepEqual(complaints, []);
  await page.close();
});
