/** Backups of a real PostgreSQL on the dashboard: proven first, a moment chosen and restored by the guard's road, pinned. */
import assert from 'node:assert/strict';
import { chmodSync, cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { webFolder } from '../../src/cli/ask.ts';
import { buildDashboard } from '../../src/cli/dashboard-build.ts';
import type { BackupView } from '../../src/core/backup/view.ts';
import type { ActionView } from '../../src/core/view.ts';
import { type ServedApp, serveApp } from '../served-app.ts';
import { missing } from '../servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../servers/process.ts';
import { hasChromium, openBrowser } from './browser.ts';

const isMissing = hasChromium
  ? missing(postgresServer)
  : 'chromium is not installed: apt-get install chromium';

/** Asked from outside: the page itself may not evaluate text. */
const isShown = `document.documentElement.scrollWidth <= innerWidth`;

describe('backups on the dashboard', {
  skip: process.env.CI === 'true' ? false : isMissing,
  concurrency: false,
}, () => {
  let server: PostgresServer;
  let served: ServedApp;
  let browser: Browser;
  let page: Page;
  let taken: BackupView;
  const folder = temporaryFolder('backups-page');
  const problems: string[] = [];

  before(async () => {
    chmodSync(folder, 0o711);
    await buildDashboard(webFolder, () => {});
    server = await startPostgres();
    await server.query('CREATE TABLE orders AS SELECT i AS id FROM generate_series(1, 1000) i');
    const yaml = `name: shop
timezone: UTC
targets: { db: { system: postgres, url: "${server.url}", every: 5s } }
backups: { shop: { of: db, to: "${folder}/kept", scratch: "${folder}", smoke: ["SELECT count(*) = 1000 FROM orders"] } }
`;
    served = await serveApp({ yaml, web: webFolder });
    // Else the first look at the clock holds everything back.
    await served.call('backup.trust-clock');
    await served.call('backup.take', { name: 'shop' });
    taken = await served.call<BackupView>('backup.take', { name: 'shop' });
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
    await page.getByRole('link', { name: 'Backups', exact: true }).first().click();
    await page.getByRole('heading', { level: 1, name: 'Proven by a restore' }).waitFor();
  });
  after(async () => {
    await browser?.close();
    await served?.stop();
    await server?.stop();
    removeFolder(folder);
  });

  const pictures = async (name: string) => {
    const to = process.env.UPKEEP_TEST_PICTURES;
    if (to !== undefined) await page.screenshot({ path: `${to}/${name}.png`, fullPage: true });
  };

  test('the last proven restore stands first, each backup with its level, and what keeps it', async () => {
    const card = page.getByRole('list', { name: 'Last proven restores' }).getByRole('listitem').first();
    await card.getByText('level 6 of 6: answers the smoke queries').waitFor();
    await card.getByText('of 4 h allowed').waitFor();
    await card.getByText('of 1 d 1 h allowed').waitFor();
    const marks = page.getByRole('button', { name: /^Backup of .*: level 6: answers the smoke queries$/ });
    await marks.nth(1).waitFor();
    assert.equal(await marks.count(), 2);
    await marks.first().focus();
    await page.keyboard.press('Enter');
    const looks = page.getByRole('list', { name: 'What the last proof looked at' });
    await looks.getByRole('listitem').nth(4).waitFor();
    await page.getByRole('img', { name: /^RTO of 2 restores/ }).waitFor();
    await page.getByRole('img', { name: /^Bytes that lie here/ }).waitFor();
    await page.getByRole('list', { name: 'Bytes by reason' }).getByText('than backups are kept').waitFor();
    await pictures('backups-1280-light');
  });

  test('a backup is pinned by button, and the deletion plan says so', async () => {
    const first = page.getByRole('list', { name: 'Deletion plan' }).getByRole('listitem').first();
    await page.getByText(/^Each of the \d+: it is younger than backups are kept/).waitFor();
    await first.getByText(/^until /).waitFor();
    await first.getByRole('button', { name: /^Pin the backup/ }).click();
    await first.getByText('somebody pinned it').waitFor();
    const { backups } = await served.call<{ backups: BackupView[] }>('backup.list');
    assert.equal(backups.find(({ id }) => id === taken.id)?.isPinned, true);
    await first.getByRole('button', { name: /^Unpin the backup/ }).click();
    await first.getByText('somebody pinned it').waitFor({ state: 'detached' });
  });

  test('a marker is moved back, the dry run says what would be lost, and the guard is asked', async () => {
    const marker = page.getByRole('slider', { name: 'Restore to this moment' });
    const before = await marker.inputValue();
    await marker.focus();
    await page.keyboard.press('Home');
    assert.ok(Number(await marker.inputValue()) < Number(before));
    await page.getByRole('button', { name: 'Restore to here…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('radio', { name: 'New database', checked: true }).waitFor({ state: 'attached' });
    await dialog.getByText(/^Restore shop as of /).waitFor();
    assert.equal(await dialog.getByText('Folder', { exact: true }).count(), 0, 'a dump goes into no folder');
    await dialog
      .getByRole('list', { name: 'What would be lost' })
      .getByText(/what was written since/)
      .waitFor();
    await pictures('restore-1280-light');
    await dialog.getByText('Over what lives').click();
    await dialog
      .getByRole('list', { name: 'What would be done' })
      .getByText(/rename it to/)
      .waitFor();
    await pictures('restore-over-1280-light');
    assert.deepEqual(await served.call('action.list'), [], 'a dry run proposes nothing');
    await dialog.getByLabel('Why').fill('a rehearsal');
    await dialog.getByRole('button', { name: 'Ask the guard' }).click();
    await dialog.getByRole('link', { name: 'Read and decide' }).waitFor();
    const [action] = await served.call<ActionView[]>('action.list');
    assert.equal(action?.plan.action, 'backup.restore-over');
    assert.equal(action?.state, 'awaiting-approval');
    assert.notEqual(action?.plan.input.backup, taken.id, 'the older one was whole by that moment');
    await dialog.getByRole('button', { name: 'Close' }).last().click();
  });

  test('what another Upkeep took is named with what it holds back, and is taken over by button', async () => {
    const stranger = `${taken.id.slice(0, -12)}${'0'.repeat(12)}`;
    cpSync(taken.folder, join(dirname(taken.folder), stranger), {
      recursive: true,
      preserveTimestamps: true,
    });
    const { recovery, configuration } = served.app.ctx;
    const [plan = assert.fail()] = configuration().backups;
    await recovery.look(plan);
    await page.reload();
    const panel = page.getByRole('region', { name: /^Not taken by this Upkeep/ });
    const row = panel.getByRole('listitem').filter({ hasText: stranger });
    await row.getByText('Holds deletions back').waitFor();
    await pictures('strangers-1280-light');
    await page.setViewportSize({ width: 390, height: 844 });
    assert.equal(await page.evaluate(isShown), true);
    await page.emulateMedia({ colorScheme: 'dark' });
    await pictures('strangers-390-dark');
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1280, height: 900 });
    await panel.getByRole('button', { name: 'Take over…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Why').fill('the Upkeep of the old machine took it');
    await pictures('adopt-1280-light');
    await dialog.getByRole('button', { name: 'Take over', exact: true }).click();
    await page.getByText('1 backup counts from now on, pinned and not proven').waitFor();
    await panel.waitFor({ state: 'detached' });
    const { backups } = await served.call<{ backups: BackupView[] }>('backup.list');
    assert.equal(backups.find(({ id }) => id === stranger)?.isPinned, true);
  });

  test('it fits a phone, and a viewer is offered nothing that does something', async () => {
    const { link } = await served.call<{ link: string }>('account.invite', { role: 'viewer', name: 'vi' });
    await page.context().clearCookies();
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.goto(link);
    await page.getByRole('textbox', { name: 'Password' }).fill('a long sentence of vi');
    await page.getByRole('button', { name: 'Create the account' }).click();
    await page.getByRole('link', { name: 'Overview' }).first().waitFor();
    await page.goto(`${served.url}/backups`);
    await page.getByRole('list', { name: 'Deletion plan' }).getByRole('listitem').first().waitFor();
    assert.equal(await page.evaluate(isShown), true);
    for (const name of [/^Restore to here/, /^Pin the backup/, /^Prove it again/, /^Take one now/]) {
      const button = page.getByRole('button', { name }).first();
      assert.equal(await button.getAttribute('aria-disabled'), 'true', String(name));
    }
    await pictures('backups-390-dark');
    await page.setViewportSize({ width: 1280, height: 900 });
    await pictures('backups-1280-dark');
    assert.deepEqual(problems, []);
  });
});
