/**
 * `npm run pictures`: starts `upkeep demo` in a terminal of tmux, breaks it, and takes the pictures of README.md from
 * the running product: overview, incident, daily report and the terminal itself.
 * Needs tmux, Chromium (`CHROMIUM`, else /usr/bin/chromium) and what the demo needs.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { type Demo, startDemo } from './demo.ts';
import { terminalPage } from './terminal.ts';

const folder = import.meta.dirname;
const largestBytes = 256 * 1024;

const demo = await startDemo({ columns: 112, rows: 36 });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage', '--force-color-profile=srgb'],
});
try {
  await takeAll(demo, browser);
} finally {
  await browser.close();
  await demo.stop();
}

async function takeAll({ url, setupToken, press, screen }: Demo, browser: Browser): Promise<void> {
  const context = await browser.newContext({ baseURL: url });
  await becomeOwner(context, setupToken);
  const page = await context.newPage();
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto('/');
  // A past of a minute, so that charts and the report have something to show.
  await pause(45_000);
  press('k');
  await until('the killed API is back', async () => (await incidents(context, 'resolved')).length > 0);
  await pause(15_000);
  press('b');
  const blocked = await explained(context);
  await pause(400);
  await terminalPicture(context, screen());
  await page.goto(`/incidents/${blocked}`);
  await until('the outcome is verified', async () => (await incidents(context, 'open')).length === 0);
  await shoot(page, 'incident.png', { height: 900 });
  await page.goto('/report');
  await shoot(page, 'report.png', { height: 900 });
  await page.goto('/');
  await page.setViewportSize({ width: 1280, height: 800 });
  await pause(20_000);
  press('p');
  await explained(context);
  await pause(1_500);
  await save(page, 'overview.png');
}

/** The id of the open incident, once its cause is found. */
async function explained(context: BrowserContext): Promise<string> {
  const cause = async () => (await incidents(context, 'open')).find(({ summary }) => summary !== null);
  await until('the cause is found', async () => (await cause()) !== undefined);
  return (await cause())?.id ?? '';
}

async function becomeOwner(context: BrowserContext, token: string): Promise<void> {
  const answer = await context.request.post('/api/v1/setup', {
    headers: { 'x-upkeep': '1' },
    data: { token, name: 'ada', password: 'only-for-the-pictures' },
  });
  if (!answer.ok()) throw new Error(`the owner account was refused: ${await answer.text()}`);
}

interface Incident {
  readonly id: string;
  readonly summary: string | null;
}

async function incidents(context: BrowserContext, status: string): Promise<readonly Incident[]> {
  const answer = await context.request.get('/api/v1/incidents', { params: { status } });
  return (await answer.json()) as Incident[];
}

async function shoot(page: Page, name: string, size: { height?: number } = {}): Promise<void> {
  await page.setViewportSize({ width: 1280, height: size.height ?? 800 });
  await page.waitForLoadState('load');
  // The live stream keeps the network busy for ever, so a look at the page must tell.
  await page.getByRole('heading').first().waitFor();
  await pause(1_500);
  await save(page, name);
}

async function terminalPicture(context: BrowserContext, text: string): Promise<void> {
  const page = await context.newPage();
  await page.setContent(terminalPage(text));
  const box = await page.locator('pre').boundingBox();
  if (box) await page.setViewportSize({ width: Math.ceil(box.width), height: Math.ceil(box.height) });
  await save(page, 'demo.png');
  await page.close();
}

async function save(page: Page, name: string): Promise<void> {
  const path = join(folder, name);
  await page.screenshot({ path, animations: 'disabled' });
  const { size } = statSync(path);
  console.log(`${name}: ${Math.round(size / 1024)} KiB`);
  if (size > largestBytes) throw new Error(`${name} is larger than ${largestBytes / 1024} KiB`);
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 90_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`it did not come to pass that ${what}`);
    await pause(200);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
