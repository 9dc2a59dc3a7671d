/** What stands where on the screen of a phone: the dashboard on made-up data, and the daily report as a file. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { dailyReport } from '../../src/practices/reports/daily.ts';
import { shopDay } from '../../src/practices/reports/fixtures/day.ts';
import { reportHtml } from '../../src/practices/reports/html.ts';
import { lockIncidentId } from '../../web/fixture/incident.ts';
import { type Fixture, startFixture } from '../../web/fixture/server.ts';
import { chromiumPath, hasChromium, openBrowser } from './browser.ts';

const skip = hasChromium ? false : `${chromiumPath} is not there: apt-get install chromium`;
if (skip !== false && process.env.CI === 'true') throw new Error(skip);

let browser: Browser;
let fixture: Fixture;
before(async () => {
  if (skip !== false) return;
  browser = await openBrowser();
  fixture = await startFixture('incident');
});
after(async () => {
  await browser?.close();
  await fixture?.stop();
});

async function opened(width: number): Promise<Page> {
  return browser.newPage({ viewport: { width, height: 844 } });
}

test('what can be done with a target stands below its name, and nothing is wider than the screen', {
  skip,
}, async () => {
  const page = await opened(390);
  await page.goto(`${fixture.url}/targets/db`);
  const link = page.getByRole('link', { name: 'What may Upkeep do here?' });
  await link.waitFor();
  const [name, deed] = [
    await page.getByRole('heading', { level: 1 }).boundingBox(),
    await link.boundingBox(),
  ];
  assert.ok(name && deed && deed.y >= name.y + name.height, JSON.stringify({ name, deed }));
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)) <= 0);
  await page.goto(`${fixture.url}/`);
  await page.getByText(/^watching for \d/).waitFor();
  await page.close();
});

test('the charts of a target stand before the list of its changes', { skip }, async () => {
  const page = await opened(390);
  await page.goto(`${fixture.url}/targets/db`);
  const changes = page.getByRole('list', { name: 'Changes in this time' });
  await changes.waitFor();
  await page.locator('figure').first().waitFor();
  const [chart, list] = [await page.locator('figure').first().boundingBox(), await changes.boundingBox()];
  assert.ok(chart && list && chart.y + chart.height <= list.y, JSON.stringify({ chart, list }));
  await page.close();
});

test('on a phone the cause and the runbook of an incident are one tap from its top, on a desk they stand beside', {
  skip,
}, async () => {
  const page = await opened(390);
  await page.goto(`${fixture.url}/incidents/${lockIncidentId}`);
  const link = page.getByRole('navigation', { name: 'On this page' }).getByRole('link', { name: 'Runbook' });
  await link.waitFor();
  const box = await link.boundingBox();
  assert.ok(box && box.y + box.height <= 844, `on the first screen, not at ${box?.y}`);
  await link.click();
  const heading = page.getByRole('heading', { name: 'Runbook' });
  await page.waitForFunction(() => window.scrollY > 0);
  const there = await heading.boundingBox();
  assert.ok(there && there.y >= 0 && there.y < 844, `${there?.y}`);
  await page.setViewportSize({ width: 1_280, height: 844 });
  await link.waitFor({ state: 'hidden' });
  await page.close();
});

test('the tiles of the daily report fill their box, on a desk and on a phone', { skip }, async () => {
  const day = await shopDay();
  try {
    const { html } = await dailyReport(day.sources);
    for (const width of [1_280, 390]) {
      const page = await opened(width);
      await page.setContent(html);
      const { box, last, tiles } = await page.evaluate(() => {
        const all = [...document.querySelectorAll('.figures > div')];
        return {
          tiles: all.length,
          box: document.querySelector('.figures')?.getBoundingClientRect().right ?? 0,
          last: all.at(-1)?.getBoundingClientRect().right ?? 0,
        };
      });
      assert.equal(tiles, 7);
      assert.ok(box - last <= 2, `${width}: a gap of ${box - last} px`);
      await page.close();
    }
  } finally {
    await day.close();
  }
});

test('six figures are two even rows, and one that is words makes none of them shout', { skip }, async () => {
  const figure = (label: string, value: string) => ({ label, value, note: 'by ana', tone: 'quiet' as const });
  const html = reportHtml({
    ...{ title: 'Incident', span: 'today', tone: 'ok', headline: 'db is down', lead: '', footer: '' },
    figures: [
      figure('Severity and status', 'critical, Investigating'),
      ...['Duration', 'Time to detect', 'Time to acknowledge', 'Time to mitigate', 'Time to resolve'].map(
        (label) => figure(label, 'less than a second'),
      ),
    ],
    sections: [],
  });
  for (const [width, columns] of [
    [1_280, 3],
    [390, 2],
  ] as const) {
    const page = await opened(width);
    await page.setContent(html);
    const tiles = await page.evaluate(() =>
      [...document.querySelectorAll('.figures > div')].map((tile) => ({
        width: Math.round(tile.getBoundingClientRect().width),
        lines: Math.round((tile.querySelector('.value')?.getBoundingClientRect().height ?? 0) / 25),
      })),
    );
    assert.equal(new Set(tiles.map((tile) => tile.width)).size <= 2, true, JSON.stringify(tiles));
    const widest = Math.max(...tiles.map((tile) => tile.width));
    assert.equal(
      Math.round((await page.locator('.figures').evaluate((box) => box.clientWidth)) / widest),
      columns,
    );
    assert.ok(width < 640 || tiles.every(({ lines }) => lines === 1), JSON.stringify(tiles));
    await page.close();
  }
});

test('on a phone the schedule is told in lines: who, from when, on which day', { skip }, async () => {
  const page = await opened(390);
  await page.goto(`${fixture.url}/oncall`);
  const agenda = page.getByRole('list', { name: 'Who is on call on which day' });
  await agenda.getByText('Cy Okafor').first().waitFor();
  assert.match(await agenda.innerText(), /primary\n+Cy Okafor[\s\S]*from \d\d:\d\d Ana Lindqvist/);
  const isCut = await agenda.evaluate((list) =>
    [...list.querySelectorAll('p, dt, dd')].some((one) => one.scrollWidth > one.clientWidth),
  );
  assert.equal(isCut, false);
  await page.setViewportSize({ width: 1_280, height: 844 });
  await agenda.waitFor({ state: 'hidden' });
  await page.close();
});

test('on a phone nothing of what being on call costs is cut off', { skip }, async () => {
  const page = await opened(390);
  await page.goto(`${fixture.url}/oncall`);
  const panel = page.getByRole('region', { name: 'What it costs each person' });
  await panel.locator('[data-label="Nights woken"]').first().waitFor();
  const cut = await panel.locator('table').evaluate((table) => {
    const { right } = table.getBoundingClientRect();
    return (
      [...table.querySelectorAll('th, td')].some((cell) => cell.getBoundingClientRect().right > right + 1) ||
      right > window.innerWidth
    );
  });
  assert.equal(cut, false);
  await page.close();
});
