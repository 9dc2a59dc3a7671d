/** What the dashboard offers to whom: a button that a role may not use says so before it is pressed. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { webFolder } from '../../src/cli/ask.ts';
import { buildDashboard } from '../../src/cli/dashboard-build.ts';
import type { Role } from '../../src/core/role.ts';
import { type ServedApp, serveApp } from '../served-app.ts';
import { hasChromium, openBrowser } from './browser.ts';

const isMissing = hasChromium ? false : 'chromium is not installed: apt-get install chromium';

const yaml = `name: served
targets: { web: { system: process, pidFile: /nonexistent/web.pid, every: 60s } }
notify: { hook: { notifier: console } }
oncall:
  people: { ann: { name: Ann Lee, reach: { hook: a } }, bob: { name: Bob Ray, reach: { hook: b } } }
  rotations: { primary: { people: [ann, bob], every: weekly } }
`;

describe('buttons by role', {
  skip: process.env.CI === 'true' ? false : isMissing,
  concurrency: false,
}, () => {
  let served: ServedApp;
  let browser: Browser;

  before(async () => {
    await buildDashboard(webFolder, () => {});
    served = await serveApp({ yaml, web: webFolder });
    await served.setUp();
    await served.call('incident.declare', { title: 'Customers cannot pay', level: 'high' });
    await served.call('silence.create', { matchers: 'target=web', for: '1h', reason: 'a new rack' });
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await served?.stop();
  });

  async function comeIn(role: Role, name: string): Promise<Page> {
    const { link } = await served.call<{ link: string }>('account.invite', { role, name });
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(90_000);
    await page.goto(link);
    await page.getByRole('textbox', { name: 'Password' }).fill(`a long sentence of ${name}`);
    await page.getByRole('button', { name: 'Create the account' }).click();
    await page.getByRole('link', { name: 'Overview' }).first().waitFor();
    return page;
  }

  const open = async (page: Page, path: string) => {
    await page.goto(`${served.url}${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
  };

  async function reasonOf(page: Page, name: string): Promise<string | null> {
    const button = page.getByRole('button', { name, exact: true }).first();
    await button.waitFor();
    const isRefused = (await button.getAttribute('aria-disabled')) === 'true';
    return isRefused ? await button.getAttribute('aria-description') : null;
  }

  test('a viewer reads everything, and each button that is not for viewers says who may', async () => {
    const page = await comeIn('viewer', 'vera');
    const [incident] = await served.call<{ id: string }[]>('incident.list');
    const needsOperator = 'Needs the role operator; yours is viewer';
    const buttons = {
      '/incidents': ['Declare an incident'],
      [`/incidents/${incident?.id}`]: ['Acknowledge', 'Resolve', 'Look again', 'More', 'Write an update'],
      '/silences': ['New silence', 'End the silence of target=web'],
      '/maintenance': ['Plan a window'],
      '/oncall': ['Take over', 'Swap'],
      '/channels': ['Send a test by hook'],
    };
    for (const [path, names] of Object.entries(buttons)) {
      await open(page, path);
      for (const name of names) assert.equal(await reasonOf(page, name), needsOperator, `${path}: ${name}`);
    }
    await open(page, '/oncall/escalation');
    assert.equal(
      await reasonOf(page, 'Check and show the difference'),
      'Needs the role admin; yours is viewer',
    );
    await page.getByText('You may read the escalation, not change it.').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Add a policy' }).isDisabled(), true);
    await open(page, `/incidents/${incident?.id}`);
    await page.getByRole('button', { name: 'Acknowledge' }).click({ force: true });
    await page.getByRole('tooltip', { name: needsOperator }).waitFor();
    const [after] = await served.call<{ acknowledgedAt: number | null }[]>('incident.list');
    assert.equal(after?.acknowledgedAt, null);
    assert.equal(await page.getByLabel('Note for the timeline').count(), 0);
    // An address that would open a form opens none.
    await open(page, '/silences?new=target%3Dweb');
    await page.getByRole('list', { name: 'Silences' }).waitFor();
    assert.equal(await page.getByRole('dialog').count(), 0);
    await page.context().close();
  });

  test('an operator may do what a viewer may not', async () => {
    const page = await comeIn('operator', 'otto');
    await open(page, '/incidents');
    await page.getByRole('link', { name: 'Customers cannot pay' }).click();
    assert.equal(await reasonOf(page, 'Resolve'), null);
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByText('Acknowledged. Nobody else is called.').waitFor();
    await page.context().close();
  });
});
