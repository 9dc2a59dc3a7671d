import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { record } from '../../../../test/recorded-evidence.ts';
import { haproxyServer } from '../../../../test/servers/haproxy.ts';
import { openLab, startBackend } from '../../../../test/servers/haproxy-lab.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { applied, planned } from '../../../../test/try-action.ts';
import { eventually, readingOf, targetName } from '../../../../test/try-target.ts';
import type { Change } from '../../../core/change.ts';
import { order } from '../../../protocols/haproxy/runtime.ts';

const folder = new URL('./recorded', import.meta.url).pathname;
const id = 'haproxy.taken-out';

suite('servers that somebody took out', { skip: missing(haproxyServer) }, () => {
  test('a backend whose servers are all in maintenance or drained: who, since when, and the way back', async () => {
    const backends = await Promise.all([startBackend(), startBackend()]);
    const { target, socket, stands, load, stop } = await openLab({
      backends: backends.map(({ address }) => address),
      checkPath: '/',
    });
    const set = (server: string, state: string) =>
      order(socket, [['set', 'server', `app/${server}`, 'state', state]], AbortSignal.timeout(60_000));
    const up = async () => readingOf(await target.seen('haproxy.proxies'), 'haproxy.backend.up');
    await stands('app1', 1);
    await stands('app2', 1);
    await set('app1', 'maint');
    await stands('app1', 2);
    const one = await target.diagnose(id);
    record(folder, 'one-of-two-taken-out', id, one);
    assert.deepEqual(one.findings, [], 'the other one serves: that is how releases are made');

    await set('app2', 'drain');
    await eventually(up, (value) => value === 0);
    assert.deepEqual(await load(1), [503]);
    const change = (more: Partial<Change>): Change => ({
      ...{ id: 'change-3', kind: 'configuration', target: targetName, service: null, summary: 'app1' },
      differences: [
        { name: 'app/app2', before: 'a, weight 1', after: 'a, weight 1, drain' },
        { name: 'app/app1', before: 'a, weight 1', after: 'a, weight 1, maint' },
      ],
      ...{
        after: Date.now() - 9_000,
        at: Date.now() - 1_000,
        source: 'haproxy.servers',
        isReported: false,
        url: null,
      },
      ...more,
    });
    const seen = await target.diagnose(id, {
      changes: [
        change({}),
        change({ id: 'change-2', summary: 'release 4.3', isReported: true, source: 'mary', differences: [] }),
      ],
    });
    record(folder, 'all-taken-out', id, seen);
    const [finding, ...others] = seen.findings;
    assert.deepEqual(others, []);
    assert.equal(
      finding?.summary,
      'all 2 servers of backend app were taken out by somebody: app1 is in maintenance, app2 is drained',
    );
    assert.equal(finding?.change, 'change-3');
    assert.match(finding?.explanation ?? '', /Around that time mary reported: release 4\.3/);
    assert.ok((finding?.confidence ?? 0) >= 0.95);
    assert.deepEqual((await target.diagnose('haproxy.server-down')).findings, []);
    for (const { action, input } of finding?.recommendations ?? []) {
      assert.equal(action, 'haproxy.ready-server');
      await applied(target, await planned(target, action, input));
    }
    await eventually(up, (value) => value === 1);
    assert.deepEqual((await target.diagnose(id)).findings, []);
    await stop();
    for (const backend of backends) await backend.stop();
  });
});
