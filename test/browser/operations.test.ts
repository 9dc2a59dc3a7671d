/** What people do on the dashboard besides incidents: silence, take over, edit the escalation, find, write. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { parse } from 'yaml';
import { webFolder } from '../../src/cli/ask.ts';
import { buildDashboard } from '../../src/cli/dashboard-build.ts';
import { until } from '../scenarios/watched-stack.ts';
import { type ServedApp, serveApp } from '../served-app.ts';
import { hasChromium, openBrowser } from './browser.ts';

const isMissing = hasChromium ? false : 'chromium is not installed: apt-get install chromium';

const yaml = `name: served
timezone: Europe/London
targets:
  web: { system: process, pidFile: /nonexistent/web.pid, every: 60s }
  db: { system: process, pidFile: /nonexistent/db.pid, every: 60s }
  backup: { system: heartbeat, cron: "0 3 * * *", grace: 1h }
statusPage: { title: The shop, access: public, components: [{ name: Shop, service: shop }] }
services: { shop: { targets: [web], slo: { availability: 99.9% } } }
notify: { hook: { notifier: console } }
oncall:
  people:
    ann: { name: Ann Lee, reach: { hook: a } }
    bob: { name: Bob Ray, reach: { hook: b } }
  rotations: { primary: { people: [ann, bob], every: weekly } }
  policies:
    # First the team.
    standard: { steps: [{ notify: hook }] }
  escalation: { critical: standard, high: standard, medium: [{ notify: hook }], low: [{ notify: hook }] }
  clocks: { high: { respond: 5m, resolve: 4h } }
`;

/** For a field of date and time. */
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 16);

/** Asked from outside: the page itself may not evaluate text. */
const isShown = `[...document.querySelectorAll('main *')].every((each) =>
  !['auto', 'scroll'].includes(getComputedStyle(each).overflowX) ||
  ['PRE', 'TEXTAREA'].includes(each.tagName) ||
  each.scrollWidth <= each.clientWidth + 1 || each.dataset.after !== undefined)`;

describe('people at work on the dashboard', {
  skip: process.env.CI === 'true' ? false : isMissing,
  concurrency: false,
}, () => {
  let served: ServedApp;
  let browser: Browser;
  let page: Page;
  let file: string;
  const problems: string[] = [];

  before(async () => {
    await buildDashboard(webFolder, () => {});
    served = await serveApp({ yaml, web: webFolder });
    file = join(served.folder, 'upkeep.yaml');
    writeFileSync(file, yaml);
    browser = await openBrowser();
    page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
    page.setDefaultTimeout(90_000);
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('401')) problems.push(message.text());
    });
    await page.goto(served.app.setupLink ?? '');
    await page.getByLabel('Name').fill('ann');
    await page.getByLabel('Password').first().fill('a sentence that nobody guesses');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Overview' }).first().waitFor();
  });
  after(async () => {
    await browser?.close();
    await served?.stop();
  });

  const open = async (path: string) => {
    await page.goto(`${served.url}${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
  };
  const dialog = () => page.getByRole('dialog');

  test('a silence says whom it reaches, holds with its reason, is shown on the overview, and ends', async () => {
    await open('/silences');
    await page.getByText('Nothing is silenced').waitFor();
    await page.getByRole('button', { name: 'New silence' }).click();
    await dialog().getByLabel('Value, condition 1').fill('w*');
    await dialog().getByText('Reaches 1 target: web.').waitFor();
    await dialog().getByRole('textbox', { name: 'Why' }).fill('moving to the <b>new</b> rack');
    await dialog().getByRole('button', { name: 'Silence', exact: true }).click();
    const row = page.getByRole('list', { name: 'Silences' }).getByRole('listitem').first();
    await row.getByText('moving to the <b>new</b> rack').waitFor();
    const [silence] = await served.call<{ matchers: string[]; createdBy: string }[]>('silence.list');
    assert.deepEqual([silence?.matchers, silence?.createdBy], [['target=w*'], 'ann']);
    await open('/');
    await page.getByRole('region', { name: 'Held back now' }).getByText('1 silence').waitFor();
    await open('/silences');
    await page.getByRole('button', { name: 'End the silence of target=w*' }).click();
    await dialog().getByRole('button', { name: 'End it' }).click();
    await page.getByText('Nothing is silenced').waitFor();
    assert.deepEqual(await served.call('silence.list'), []);
  });

  test('a silence of a mistyped target is refused with what was meant, and made by force with a warning', async () => {
    await open('/silences');
    await page.getByRole('button', { name: 'New silence' }).click();
    await dialog().getByLabel('Value, condition 1').fill('wbe');
    await dialog().getByRole('textbox', { name: 'Why' }).fill('moving');
    await dialog().getByRole('button', { name: 'Silence', exact: true }).click();
    await dialog().getByText('did you mean web?').waitFor();
    assert.deepEqual(await served.call('silence.list'), []);
    // The refusal is an answer of 400, which the browser notes.
    problems.splice(0, problems.length, ...problems.filter((text) => !text.includes('400')));
    await dialog().getByLabel('Silence it all the same').check();
    await dialog().getByRole('button', { name: 'Silence', exact: true }).click();
    const row = page.getByRole('list', { name: 'Silences' }).getByRole('listitem').first();
    await row.getByText('did you mean web?').waitFor();
    await page.getByText('Silenced, but look again').waitFor();
    const [silence] = await served.call<{ id: string }[]>('silence.list');
    await served.call('silence.end', { id: silence?.id });
  });

  test('a maintenance window is planned for some services and cancelled', async () => {
    await open('/maintenance');
    await page.getByRole('button', { name: 'Plan a window' }).click();
    await dialog().getByLabel('Name').fill('new-disk');
    await dialog().getByLabel('Starts').fill('2030-12-01T03:00');
    await dialog().getByRole('button', { name: 'Plan it' }).click();
    await page.getByText('once from 2030-12-01 03:00').waitFor();
    await page.getByRole('button', { name: 'Cancel new-disk' }).click();
    await dialog().getByRole('button', { name: 'Cancel the window' }).click();
    await page.getByText('No maintenance is planned').waitFor();
  });

  test('somebody takes over, and the plan says so until it is taken back', async () => {
    await open('/oncall');
    await page.getByRole('button', { name: 'Take over' }).click();
    await dialog().getByLabel('Who takes over').selectOption('bob');
    await dialog().getByLabel('From').fill(inDays(3));
    await dialog().getByLabel('To', { exact: true }).fill(inDays(6));
    await dialog().getByLabel('Why').fill('Christmas');
    await dialog().getByRole('button', { name: 'Take over' }).click();
    const list = page.getByRole('list', { name: 'Overrides and absences' });
    await list.getByText('primary: Christmas').waitFor();
    await list.getByRole('button', { name: 'Take back: Bob Ray in primary' }).click();
    await page.getByText('The plan holds as it is').waitFor();
  });

  test('an edit of the escalation becomes YAML, and is written after the difference was seen', async () => {
    await open('/oncall/escalation');
    const shown = page.getByRole('complementary', { name: 'The YAML of it' });
    await page.getByRole('button', { name: 'Add a step' }).click();
    await page.getByLabel('Step 2 of standard, after').fill('10m');
    const call = page.getByLabel('Step 2 of standard, whom to call');
    await call.fill('primary');
    await call.press('Enter');
    await shown.getByText('- { notify: primary, after: 10m }').waitFor();
    assert.equal(readFileSync(file, 'utf8'), yaml);
    await shown.getByRole('button', { name: 'Check and show the difference' }).click();
    await dialog().getByRole('list', { name: 'Difference, line by line' }).waitFor();
    await dialog().getByRole('button', { name: 'Write it to the file' }).click();
    await shown.getByText('Nothing is changed yet.').waitFor();
    const text = readFileSync(file, 'utf8');
    assert.deepEqual(parse(text).oncall.policies.standard.steps, [
      { notify: 'hook' },
      { notify: 'primary', after: '10m' },
    ]);
    assert.ok(text.includes('# First the team.'));
  });

  test('incidents are declared and found by filters that the address holds', async () => {
    await open('/incidents');
    await page.getByRole('button', { name: 'Declare an incident' }).click();
    await dialog().getByLabel('What is wrong').fill('Customers cannot pay');
    await dialog().getByRole('button', { name: 'Declare and call people' }).click();
    await page.getByRole('heading', { level: 1, name: 'Customers cannot pay' }).waitFor();
    await served.call('incident.declare', { title: 'The shop is slow', level: 'low', services: 'shop' });
    await open('/incidents');
    const list = page.getByRole('list', { name: 'Incidents' });
    await list.getByText('The shop is slow').waitFor();
    await page.getByLabel('Level').selectOption('high');
    await list.getByText('The shop is slow').waitFor({ state: 'detached' });
    await page.getByLabel('Find in incidents').fill('cannot pay');
    await list.getByText('Customers cannot pay').waitFor();
    assert.match(page.url(), /level=high/);
    assert.match(page.url(), /text=cannot/);
    await page.getByLabel('Find in incidents').fill('nothing like it');
    await page.getByText('No incident is like that').waitFor();
  });

  test('the room of an incident takes roles, notes and updates, and its post-mortem is written', async () => {
    await open('/incidents?text=cannot');
    await page.getByRole('link', { name: 'Customers cannot pay' }).click();
    await page.getByRole('heading', { level: 1, name: 'Customers cannot pay' }).waitFor();
    await page.getByText('of 5 m').waitFor();
    await page.getByRole('button', { name: 'More', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Give a role…' }).click();
    await dialog().getByLabel('Who', { exact: true }).fill('bob');
    await dialog().getByRole('button', { name: 'Give the role' }).click();
    await page.getByText('Commander', { exact: true }).waitFor();
    await page.getByLabel('Note for the timeline').fill('the provider is <i>down</i>');
    await page.getByRole('button', { name: 'Add note' }).click();
    await page
      .getByRole('list', { name: 'Timeline, newest first' })
      .getByText('the provider is <i>down</i>')
      .waitFor();
    await page.getByRole('button', { name: 'Write an update' }).click();
    await dialog().getByLabel('What they are told').fill('We are on it.');
    await dialog().getByRole('button', { name: 'Send' }).click();
    await page.getByRole('list', { name: 'Updates' }).getByText('We are on it.').waitFor();
    await page.getByRole('link', { name: 'Read and edit it' }).click();
    await page.getByRole('button', { name: /^Edit: .*cause/i }).click();
    await dialog().getByLabel('Markdown').fill('A certificate of the provider ended.');
    await dialog().getByRole('button', { name: 'Keep this text' }).click();
    await page.getByText('written by people').waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download as Markdown' }).click();
    const saved = readFileSync(await (await download).path(), 'utf8');
    assert.match(saved, /A certificate of the provider ended/);
  });

  test('objectives, rules and channels show what there is, and a channel is tried', async () => {
    await open('/objectives');
    await page.getByRole('link', { name: 'shop' }).click();
    await page.getByRole('heading', { level: 1, name: 'shop' }).waitFor();
    await page.getByText('99.9 % available').waitFor();
    await open('/rules');
    const rule = page.getByRole('list', { name: 'Rules' }).getByRole('link').first();
    const name = (await rule.textContent()) ?? '';
    await rule.click();
    await page.getByRole('heading', { level: 1, name }).waitFor();
    await open('/channels');
    await page.getByRole('button', { name: 'Send a test by hook' }).click();
    await page.getByText(/The test arrived after \d+ ms\./).waitFor();
  });

  test('a note for the hand-off is written and read, and a calendar is given out and revoked', async () => {
    await open('/oncall');
    await page.getByRole('button', { name: 'Write a note' }).click();
    await dialog().getByLabel('What must be known').fill('the **restore** of db runs until Tuesday');
    await dialog().getByRole('button', { name: 'Write it down' }).click();
    await page.getByText('Hand-off of primary').click();
    await page.locator('strong', { hasText: /^restore$/ }).waitFor();
    await page.getByRole('button', { name: 'Make an address' }).click();
    await dialog().getByLabel('Whose turns').selectOption('rotation:primary');
    await dialog().getByRole('button', { name: 'Make it' }).click();
    const address = (await dialog().locator('pre').textContent()) ?? '';
    assert.equal((await served.ask('GET', new URL(address).pathname)).status, 200);
    await dialog().getByRole('button', { name: 'I have copied it' }).click();
    await page.getByRole('button', { name: 'Revoke… Turns of the rotation primary' }).click();
    await page.getByRole('button', { name: 'Revoke now Turns of the rotation primary' }).click();
    await page.getByText('No address was given out').waitFor();
    assert.equal((await served.ask('GET', new URL(address).pathname)).status, 404);
  });

  test('a job gets its ping address, and the page says when it reported last', async () => {
    await open('/channels');
    await page.getByRole('button', { name: 'Make the address of backup' }).click();
    await dialog().getByRole('button', { name: 'Make it' }).click();
    const address = (await dialog().locator('pre').first().textContent()) ?? '';
    await dialog().getByRole('button', { name: 'I have copied it' }).click();
    await page.getByRole('button', { name: 'Replace the address of backup' }).waitFor();
    assert.equal((await served.ask('GET', `${new URL(address).pathname}/0`)).status, 200);
    await page.reload();
    const row = page.getByRole('list', { name: 'Heartbeats' }).getByRole('listitem').first();
    await row.getByText(/^Last .* · 1 run$/).waitFor();
  });

  test('the status page is looked at, and an update is posted to its readers', async () => {
    await open('/status-page');
    await page.getByRole('list', { name: 'Components' }).getByText('Shop', { exact: true }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'Look at it' }).getAttribute('href'), '/status/');
    await page.getByText('Nobody is subscribed').waitFor();
    await page.getByRole('button', { name: 'Post an update on Customers cannot pay' }).click();
    await dialog().getByLabel('What they are told').fill('Payments are slow; we are on it.');
    await dialog().getByRole('button', { name: 'Send' }).click();
    const incidents = page.getByRole('list', { name: 'Open incidents' });
    await incidents.getByText('Payments are slow; we are on it.').waitFor();
    await page.getByRole('button', { name: 'Write it now' }).click();
    await page.getByText('Written anew').waitFor();
    const found = await served.call<{ id: string; title: string }[]>('incident.list');
    const id = found.find(({ title }) => title === 'Customers cannot pay')?.id;
    const told = await served.call<{ updates: { isPublic: boolean }[] }>('incident.updates', { id });
    assert.deepEqual(
      told.updates.map(({ isPublic }) => isPublic),
      [false, true],
    );
  });

  test('every page has its times in one zone, which is chosen once', async () => {
    await open('/oncall');
    await page.getByText('Times in Europe/London').waitFor();
    await page.getByRole('button', { name: 'Account, appearance and times' }).click();
    await page.getByRole('menuitem', { name: /^This browser’s/ }).click();
    const own = await page.evaluate('Intl.DateTimeFormat().resolvedOptions().timeZone');
    await page.getByText(`Times in ${own}`).waitFor();
    await page.reload();
    await page.getByText(`Times in ${own}`).waitFor();
    await page.getByRole('button', { name: 'Account, appearance and times' }).click();
    await page.getByRole('menuitem', { name: 'The team’s, Europe/London' }).click();
    await page.getByText('Times in Europe/London').waitFor();
  });

  test('every page fits a phone in the dark', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    const [incident] = await served.call<{ id: string }[]>('incident.list');
    const room = `/incidents/${incident?.id}`;
    const pages = ['/silences', '/maintenance', '/oncall', '/oncall/escalation', '/incidents', room];
    pages.push(
      `${room}/postmortem`,
      '/objectives',
      '/objectives/shop',
      '/rules',
      '/channels',
      '/status-page',
      '/journal',
    );
    for (const path of pages) {
      await open(path);
      const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
      assert.ok(Number(overflow) <= 1, `${path} is ${overflow} px too wide for a phone`);
      // What scrolls sideways shows it, once it is drawn.
      await until(`${path} shows what scrolls`, async () => (await page.evaluate(isShown)) || undefined);
    }
  });

  test('nothing was logged as an error', () => assert.deepEqual(problems, []));
});
