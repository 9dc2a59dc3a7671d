/** A release that answers with errors is found, rolled back under the guard, verified and written down; all of it real. */
import assert from 'node:assert/strict';
import { mkdirSync, readlinkSync, renameSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Change } from '../../src/core/change.ts';
import type { ActionView, IncidentDetail } from '../../src/core/view.ts';
import { serveApp } from '../served-app.ts';
import { removeFolder, temporaryFolder } from '../servers/process.ts';
import { eventually } from '../try-target.ts';

test('a bad release is rolled back to the one before', async () => {
  const folder = temporaryFolder('release');
  const current = join(folder, 'current');
  const put = (release: string) => {
    symlinkSync(join(folder, 'releases', release), `${current}.new`);
    renameSync(`${current}.new`, current);
  };
  for (const release of ['r1', 'r2']) mkdirSync(join(folder, 'releases', release), { recursive: true });
  put('r1');
  const inForce = () => readlinkSync(current).split('/').at(-1);
  const server = createServer((_, response) =>
    inForce() === 'r2' ? response.writeHead(500).end('TypeError: cart is undefined') : response.end('well'),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const served = await serveApp({
    yaml: `
name: shop
environment: staging
targets:
  web: { system: http, url: "http://127.0.0.1:${port}/", every: 500ms, timeout: 10s }
releases:
  shop: { folder: ${folder}/releases, current: ${current}, health: web, every: 500ms }
guard:
  always: [delivery.rollback-release on shop-release]
`,
  });
  try {
    const changes = () => served.call<Change[]>('change.list', {});
    const web = () => served.call<{ recent: readonly (number | null)[] }>('target.show', { name: 'web' });
    await eventually(web, ({ recent }) => recent.filter((one) => one === 1).length >= 8);
    put('r2');
    await eventually(
      async () => inForce(),
      (release) => release === 'r1',
      120_000,
    );
    assert.ok(
      (await changes()).some(({ summary, kind }) => kind === 'deployment' && /r1 -> r2/.test(summary)),
    );
    const last = async () => (await served.call<ActionView[]>('action.list', {}))[0];
    const action = await eventually(last, (one) => one?.endedAt !== null, 120_000);
    assert.ok(action);
    assert.equal(action.state, 'done', action.result ?? '');
    assert.equal(action.plan.summary, 'roll back from r2 to r1');
    assert.equal(action.judgement.kind, 'allow');
    assert.match(action.report ?? '', /\| web\.up \| false \| true \| changed \|/);
    assert.match(action.report ?? '', /forward again to r2/);
    const incident = await served.call<IncidentDetail>('incident.show', { id: action.incidentId });
    assert.equal(incident.findings[0]?.id, 'http.bad-release');
    const page = await served.call<{ content: string }>('action.report', { id: action.id, format: 'html' });
    assert.match(page.content, /<title>Infrastructure Task Complete<\/title>/);
  } finally {
    await served.stop();
    server.closeAllConnections();
    server.close();
    removeFolder(folder);
  }
});
