/** The dashboard on a real stack in a real browser: first visit, an incident that appears live, approving an action. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { webFolder } from '../../src/cli/ask.ts';
import { buildDashboard } from '../../src/cli/dashboard-build.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import { type WatchedStack, watchStack } from '../scenarios/watched-stack.ts';
import { hasChromium, openBrowser } from './browser.ts';

/** Whatever Upkeep would do by itself here waits for a yes. */
function asking(configuration: Configuration): Configuration {
  const { guard } = configuration;
  return { ...configuration, guard: { ...guard, always: [], ask: [{ action: '*', target: '*' }] } };
}

const isMissing = hasChromium ? false : 'chromium is not installed: apt-get install chromium';
const password = 'a sentence that nobody guesses';

describe('the dashboard in a browser', {
  skip: process.env.CI === 'true' ? false : isMissing,
  concurrency: false,
}, () => {
  let lab: WatchedStack;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const problems: string[] = [];

  before(async () => {
    await buildDashboard(webFolder, () => {});
    lab = await watchStack({ web: webFolder, change: asking });
    browser = await openBrowser();
    context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    page = await context.newPage();
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('401')) problems.push(message.text());
    });
  });
  after(async () => {
    await browser?.close();
    await lab?.stop();
  });

  test('a stranger sees the door, not the data', async () => {
    await page.goto(`${lab.app.url}/`);
    await page.getByText('one-time link', { exact: false }).first().waitFor();
    assert.equal(await page.getByText('api-process').count(), 0);
    assert.equal((await fetch(`${lab.app.url}/api/v1/overview`)).status, 401);
  });

  test('the one-time link makes the owner account, once', async () => {
    const link = lab.app.setupLink ?? '';
    await page.goto(link);
    await page.getByLabel('Name').fill('ann');
    await page.getByLabel('Password').first().fill(password);
    await page.keyboard.press('Enter');
    await page
      .getByRole('link', { name: /api-process/ })
      .first()
      .waitFor();
    const second = await (await browser.newContext()).newPage();
    await second.goto(link);
    await second.getByLabel('Name', { exact: true }).fill('eve');
    await second.getByLabel('Password', { exact: true }).fill(password);
    await second.keyboard.press('Enter');
    await second
      .getByRole('alert')
      .getByText(/used already/)
      .waitFor();
    await second.context().close();
  });

  test('an incident appears by itself, explained, with an action that waits; approving it ends the trouble', {
    timeout: 240_000,
  }, async () => {
    await page.goto(`${lab.app.url}/`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await lab.stack.inject('blocked-transaction');
    const card = page.getByRole('link', { name: /is down|waits|block/i }).first();
    await card.waitFor({ timeout: 180_000 });
    await card.click();
    await page
      .getByText(/nightly-import/)
      .first()
      .waitFor({ timeout: 180_000 });
    const approve = page.getByRole('button', { name: /^approve/i }).first();
    await approve.waitFor({ timeout: 180_000 });
    await approve.click();
    const dialog = page.getByRole('dialog');
    await dialog
      .getByText(/pg_terminate_backend/)
      .first()
      .waitFor();
    const told = await dialog.innerText();
    const order = ['Why', 'Guard', 'pg_terminate_backend', 'What was true', 'Expected', 'Undo', 'Digest'];
    const places = order.map((part) => told.indexOf(part));
    assert.deepEqual(
      places.toSorted((a, b) => a - b),
      places,
      `as on the page of the action: ${told}`,
    );
    await dialog.getByRole('button', { name: 'Approve and apply' }).click();
    const done = await lab.until(
      'the action is done',
      async () => (await lab.actions()).find((one) => one.state === 'done'),
      120_000,
    );
    assert.equal(done.approvedBy, 'ann');
    assert.equal(done.plan.action, 'postgres.terminate-backend');
    await page
      .getByText(/mitigated|resolved/i)
      .first()
      .waitFor({ timeout: 180_000 });
  });

  test('journal, actions, settings and a target open without an error, also on a phone and in the dark', async () => {
    const pages = ['/', '/incidents', '/actions', '/journal', '/settings', '/targets/db', '/targets/web'];
    pages.push(
      '/silences',
      '/maintenance',
      '/oncall',
      '/oncall/escalation',
      '/objectives',
      '/rules',
      '/channels',
    );
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    for (const path of pages) {
      await page.goto(`${lab.app.url}${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
      assert.ok(Number(overflow) <= 1, `${path} is ${overflow} px too wide for a phone`);
    }
    assert.deepEqual(problems, []);
  });
});
