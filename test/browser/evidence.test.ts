/** What a decision rests on, in a browser: what the guard would say, what was changed, what needs what. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { webFolder } from '../../src/cli/ask.ts';
import { buildDashboard } from '../../src/cli/dashboard-build.ts';
import { type ServedApp, serveApp } from '../served-app.ts';
import { eventually } from '../try-target.ts';
import { hasChromium, openBrowser } from './browser.ts';

const isMissing = hasChromium ? false : 'chromium is not installed: apt-get install chromium';

const yamlIn = (folder: string) => `name: served
targets:
  api: { system: process, pidFile: ${folder}/api.pid, start: [/bin/sleep, "600"], every: 1s, logs: ["${folder}/api.log"], rules: { process.down: { for: 0s } } }
  web: { system: http, url: "http://127.0.0.1:9/", every: 1s, dependsOn: [api] }
  job: { system: process, pidFile: ${folder}/job.pid, start: [/bin/sleep, "600"], every: 1s, rules: { process.down: { enabled: false } } }
services: { shop: { targets: [web] } }
guard:
  always: [process.start on job]
  ask: [process.stop on job]
  never: [{ action: process.signal, target: job, why: it keeps no state }]
`;

describe('what a decision rests on, in a browser', {
  skip: process.env.CI === 'true' ? false : isMissing,
  concurrency: false,
}, () => {
  let served: ServedApp;
  let browser: Browser;
  let page: Page;
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-evidence-'));
  const problems: string[] = [];

  before(async () => {
    await buildDashboard(webFolder, () => {});
    appendFileSync(join(folder, 'api.log'), 'INFO started\n');
    served = await serveApp({ yaml: yamlIn(folder), web: webFolder });
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
    rmSync(folder, { recursive: true, force: true });
  });

  const open = async (path: string) => {
    await page.goto(`${served.url}${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
  };

  test('the guard answers for a target, for an action, and for exactly this input; nothing is done', async () => {
    await open('/policy');
    await page.getByRole('region', { name: 'By itself' }).getByText('process.start on job').waitFor();
    await page.getByLabel('Target').selectOption('job');
    const list = page.getByRole('list', { name: 'What may be done to job now' });
    await list.getByText('process.restart').waitFor();
    await page.getByLabel('Action').selectOption('process.start');
    const answer = page.getByRole('status').filter({ hasText: 'Yes, by itself' });
    await answer.getByRole('list', { name: 'Steps' }).getByText('/bin/sleep').waitFor();
    assert.match(page.url(), /target=job/);
    assert.match(page.url(), /action=process\.start/);
    await list.getByRole('link', { name: 'process.signal' }).click();
    await page.getByRole('status').getByText('it keeps no state').waitFor();
    const ask = page.getByRole('button', { name: 'Ask for exactly this' });
    assert.equal(await ask.isDisabled(), true);
    await page.getByRole('combobox', { name: 'signal' }).selectOption('SIGHUP');
    await ask.click();
    await page.getByText('It cannot be planned now').waitFor();
    assert.deepEqual(await served.call('action.list', { state: 'waiting' }), []);
  });

  test('what was changed is a numbered mark on every chart, and the list says what it was', async () => {
    await served.call('change.record', { summary: 'release <b>4.2.1</b>', target: 'web' });
    await open('/targets/web?range=5m');
    const list = page.getByRole('list', { name: 'Changes in this time' });
    await list.getByText('release <b>4.2.1</b>').waitFor();
    await page.locator('figure [data-changes="1"]').first().waitFor();
    await page.getByRole('link', { name: 'What may Upkeep do here?' }).click();
    await page.getByRole('heading', { level: 1, name: 'May Upkeep do it?' }).waitFor();
  });

  test('an incident shows what needs what, with the cause lit and what it reached', async () => {
    const incidents = await eventually(
      () => served.call<{ id: string; targets: string[] }[]>('incident.list', {}),
      (all) => all.some(({ targets }) => targets.includes('web') && targets.includes('api')),
      30_000,
    );
    await open(`/incidents/${incidents[0]?.id}`);
    const graph = page.getByRole('figure', { name: /^The cause is in api\. .*web needs api/ });
    const cause = graph.getByRole('link', { name: /^api/ });
    await cause.waitFor();
    assert.equal(await cause.getAttribute('data-part'), 'cause');
    assert.equal(
      await graph.getByText('web', { exact: true }).locator('..').getAttribute('data-part'),
      'affected',
    );
    assert.equal(await graph.locator('path[data-lit]').count(), 2);
    await cause.click();
    await page.getByRole('heading', { level: 1, name: /^api/ }).waitFor();
  });

  test('a question in plain words is answered with what was understood, and kept for the next time', async () => {
    await open('/ask');
    await page.getByLabel('Your question').fill('why is shop down since a blue moon');
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    const answer = page.getByRole('region', { name: 'The answer' });
    await answer.getByText('Understood as: the service shop, down').waitFor({ timeout: 180_000 });
    await answer.getByText('I did not understand:').getByText('“blue”').waitFor();
    await page.getByRole('list', { name: 'Findings' }).getByRole('listitem').first().waitFor();
    await page.getByRole('list', { name: 'Incidents of that time' }).getByRole('link').first().waitFor();
    await open('/ask');
    await page.getByRole('list', { name: 'Questions' }).getByText('asked before').waitFor();
    await open('/ask?q=wokrer');
    await page.getByRole('alert').getByText('nothing of the question is known here').waitFor();
    problems.splice(0, problems.length, ...problems.filter((text) => !text.includes('404')));
  });

  test('logs are read by pattern and line, without their secrets', async () => {
    appendFileSync(
      join(folder, 'api.log'),
      'ERROR: cannot reach db with password=hunter2\nINFO all is <b>well</b>\n',
    );
    await open('/logs?target=api');
    const patterns = page.getByRole('list', { name: 'Patterns' });
    await patterns.getByText('cannot reach db with password=(hidden)').waitFor();
    const lines = page.getByRole('list', { name: 'Lines, newest first' });
    await lines.getByText('INFO all is <b>well</b>').waitFor();
    await page.getByLabel('Gravity').selectOption('error');
    await lines.getByText('INFO all is <b>well</b>').waitFor({ state: 'detached' });
    await page.getByLabel('Target').selectOption('web');
    await page.locator('pre', { hasText: 'logs: [/var/log/web/*.log]' }).waitFor();
    problems.splice(0, problems.length, ...problems.filter((text) => !text.includes('404')));
  });

  test('the scoreboard of drills says what passed, and how to play them here', async () => {
    await open('/drills');
    await page.getByRole('heading', { level: 1, name: /drills passed/ }).waitFor();
    await page.getByText('upkeep drill run --report drills.md').waitFor();
    const ofRedis = page.getByRole('list', { name: 'What passed of redis' });
    assert.equal(await ofRedis.isVisible(), false, 'so many are folded');
    await page.getByText(/^redis \d+ drills$/).click();
    await ofRedis.getByRole('listitem').first().waitFor();
  });

  test('the recovery plan says what has no way back and what was never rehearsed, and is handed out as a file', async () => {
    await open('/recovery-plan');
    await page.getByRole('heading', { level: 1, name: 'There is no way back from anything' }).waitFor();
    const parts = page.getByRole('list', { name: 'Ways back: Application failure' });
    await parts.getByText('nothing that Upkeep can do brings web of shop back: by hand').waitFor();
    const file = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download as PDF' }).click();
    assert.equal((await file).suggestedFilename(), 'recovery-plan.pdf');
  });

  test('without a status page there is a word on how to have one, and no error', async () => {
    await open('/status-page');
    await page.getByText('There is no status page yet').waitFor();
  });

  test('on a phone nothing is wider than the screen', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    const [incident] = await served.call<{ id: string }[]>('incident.list', {});
    for (const path of [
      '/policy?target=api',
      `/incidents/${incident?.id}`,
      '/targets/web',
      '/ask',
      '/logs?target=api',
      '/recovery-plan',
    ]) {
      await open(path);
      await page.waitForLoadState('load');
      const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
      assert.ok(Number(overflow) <= 1, `${path} is ${overflow} px too wide for a phone`);
    }
  });

  test('nothing was logged as an error', () => assert.deepEqual(problems, []));
});
