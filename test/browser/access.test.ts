/** People in a real browser on a real Upkeep, under its own content security policy: nothing may be blocked by it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Secret, TOTP } from 'otpauth';
import type { Browser, Page } from 'playwright-core';
import { webFolder } from '../../src/cli/ask.ts';
import { buildDashboard } from '../../src/cli/dashboard-build.ts';
import { owner, type ServedApp, serveApp } from '../served-app.ts';
import { hasChromium, openBrowser } from './browser.ts';

const isMissing = hasChromium ? false : 'chromium is not installed: apt-get install chromium';

describe('signing in and settings in a browser', {
  skip: process.env.CI === 'true' ? false : isMissing,
  concurrency: false,
}, () => {
  let served: ServedApp;
  let browser: Browser;
  let page: Page;
  let secret = '';
  const blocked: string[] = [];

  async function openPage(): Promise<Page> {
    const opened = await (await browser.newContext()).newPage();
    opened.on('pageerror', (error) => blocked.push(error.message));
    opened.on('console', (message) => {
      if (/content security policy/i.test(message.text())) blocked.push(message.text());
    });
    return opened;
  }
  const codeNow = () =>
    TOTP.generate({ secret: Secret.fromBase32(secret), timestamp: served.app.ctx.clock.now() });

  before(async () => {
    await buildDashboard(webFolder, () => {});
    served = await serveApp({ web: webFolder });
    await served.setUp();
    browser = await openBrowser();
    page = await openPage();
  });
  after(async () => {
    await browser?.close();
    await served?.stop();
  });

  test('the policy has no unsafe word, and a nonce that is new with each page', async () => {
    const answers = [await served.ask('GET', '/'), await served.ask('GET', '/')];
    const nonces = answers.map(({ headers, text }) => {
      const policy = String(headers['content-security-policy']);
      assert.doesNotMatch(policy, /unsafe/);
      const nonce = /style-src 'self' 'nonce-([^']+)'/.exec(policy)?.[1] ?? '';
      assert.ok(nonce.length >= 16 && text.includes(`nonce="${nonce}"`), text.slice(0, 500));
      return nonce;
    });
    assert.notEqual(nonces[0], nonces[1]);
  });

  test('a second factor is set up on the settings page and asked for at the next sign-in', async () => {
    await page.goto(served.url);
    await signIn(page);
    await page.goto(`${served.url}/settings`);
    await page.getByRole('button', { name: 'Set up…' }).click();
    await page.getByRole('textbox', { name: 'Your password' }).fill(owner.password);
    await page.getByRole('button', { name: 'Continue' }).click();
    const picture = page.getByAltText(/QR code/);
    await picture.waitFor();
    assert.ok(await picture.evaluate((img) => 'naturalWidth' in img && Number(img.naturalWidth) > 0));
    secret = ((await page.locator('p code').first().textContent()) ?? '').replaceAll(' ', '');
    await page.getByLabel('Code that the app shows').fill(codeNow());
    await page.getByRole('button', { name: 'Turn it on' }).click();
    await page.getByText('I have kept them').click();
    await page.getByText('10 recovery codes left').waitFor();
    served.pass(60_000);
    const elsewhere = await openPage();
    await elsewhere.goto(served.url);
    await signIn(elsewhere);
    await elsewhere.getByRole('heading', { name: 'One more step' }).waitFor();
    await elsewhere.getByLabel('Code').fill(codeNow());
    await elsewhere.getByRole('button', { name: 'Sign in' }).click();
    await elsewhere.getByRole('navigation').first().waitFor();
    await elsewhere.context().close();
  });

  test('somebody invited comes in by the link, as what they were invited', async () => {
    await page.reload();
    await page.getByRole('button', { name: 'Invite' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('robin');
    await page.getByRole('radio', { name: /Operator/ }).check();
    await page.getByRole('button', { name: 'Make the link' }).click();
    const link = await page.locator('pre', { hasText: '/setup#' }).textContent();
    const theirs = await openPage();
    await theirs.goto(link ?? '');
    await theirs.getByRole('textbox', { name: 'Password' }).fill('a sentence of robin');
    await theirs.getByRole('button', { name: 'Create the account' }).click();
    await theirs.getByText('operator').first().waitFor();
    await theirs.goto(`${served.url}/settings`);
    await theirs.getByText('this browser', { exact: true }).waitFor();
    assert.equal(await theirs.getByRole('heading', { name: /People|API tokens/ }).count(), 0);
    await theirs.context().close();
  });

  test('no page was held back by the policy', async () => {
    for (const path of ['/', '/incidents', '/actions', '/journal', '/report', '/targets/it', '/silences']) {
      await page.goto(served.url + path);
      await page.getByRole('heading', { level: 1 }).first().waitFor();
    }
    const styled = await page.evaluate(
      () => document.querySelector('style[data-mantine-styles]')?.textContent?.length ?? 0,
    );
    assert.ok(styled > 100, 'the component library could write its variables');
    assert.deepEqual(blocked, []);
  });
});

async function signIn(page: Page): Promise<void> {
  await page.getByLabel('Name').fill(owner.name);
  await page.getByRole('textbox', { name: 'Password' }).fill(owner.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor({ state: 'detached' });
}
