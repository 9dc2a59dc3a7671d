/** A backup that fails is trouble of its own: what it is taken of is up, and nobody is reached by it. */
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';
import { missing } from '../../../test/servers/installed.ts';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { type RedisServer, redisServer, startRedis } from '../../../test/servers/redis.ts';
import { eventually } from '../../../test/try-target.ts';
import { impactLines } from '../../cli/print/incidents.ts';
import { printStatus } from '../../cli/print/status.ts';
import type { Impact } from '../../core/incident/impact.ts';
import type { IncidentView, Overview } from '../../core/view.ts';
import { incidentsSince } from '../../store/status-page.ts';

suite('backups at risk', { skip: missing(redisServer) }, () => {
  const folder = temporaryFolder('at-risk');
  let server: RedisServer;
  let served: ServedApp;

  before(async () => {
    chmodSync(folder, 0o711);
    writeFileSync(`${folder}/kept`, 'somebody put a file here');
    server = await startRedis();
    served = await serveApp({
      yaml: `
name: shop
timezone: UTC
targets:
  cache: { system: redis, url: "${server.url}", every: 1s }
services:
  shop: { targets: [cache] }
backups:
  cache: { of: cache, to: "${folder}/kept/in", scratch: "${folder}", rpo: 25h }
`,
    });
  });
  after(async () => {
    await served.stop();
    await server.stop();
    removeFolder(folder);
  });

  test('the target and its service are not down, and the incident reaches no service', async () => {
    await served.call('backup.take', { name: 'cache' });
    const overview = await eventually(
      () => served.call<Overview>('status.show'),
      ({ incidents, targets }) => incidents.length > 0 && targets[0]?.lastAt != null,
    );
    const [incident] = overview.incidents;
    assert.deepEqual([incident?.level, incident?.title], ['high', 'cache: backups of cache']);
    assert.deepEqual(
      [overview.health, overview.targets[0]?.health, overview.services[0]?.health],
      ['warning', 'warning', 'warning'],
    );
    const terminal = { out() {}, err() {}, hasColour: false, width: 200 };
    const text = printStatus(terminal, overview, { isLive: true, now: overview.at });
    assert.doesNotMatch(text, /down or critical/);
    assert.match(text, /▲ {2}cache/);
    const { impact } = await served.call<IncidentView & { impact: Impact }>('incident.show', {
      id: incident?.id ?? '',
    });
    assert.deepEqual([impact.services, impact.serviceShare], [[], 0]);
    assert.deepEqual(await incidentsSince(served.app.ctx.store.db, 0), [], 'no page of users tells of it');
    assert.equal(
      impactLines(impact)[1],
      '  services   none: nothing is down by it, the backups of cache are at risk',
    );
  });
});
