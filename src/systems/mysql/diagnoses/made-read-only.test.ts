import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { type MariadbServer, mariadbServer, startMariadb } from '../../../../test/servers/mariadb.ts';
import { readingOf, type TriedTarget, targetName, tryTarget } from '../../../../test/try-target.ts';
import type { Change } from '../../../core/change.ts';
import { mysql } from '../index.ts';

const id = 'mysql.made-read-only';
const metric = 'mysql.read_only_primary';

suite('a primary that is made read-only', { skip: missing(mariadbServer) }, () => {
  let server: MariadbServer;
  let target: TriedTarget;

  before(async () => {
    server = await startMariadb({
      setup: [
        "CREATE USER watcher@'127.0.0.1'",
        "GRANT PROCESS, SLAVE MONITOR, BINLOG MONITOR ON *.* TO watcher@'127.0.0.1'",
        "GRANT SELECT ON shop.* TO watcher@'127.0.0.1'",
        "CREATE USER blind@'127.0.0.1'",
        "GRANT SELECT ON shop.* TO blind@'127.0.0.1'",
      ],
    });
    target = tryTarget(mysql, { url: server.urlFor('watcher') });
  });
  after(async () => {
    await target.bound.close();
    await server.stop();
  });
  const now = () => Date.now();
  const latest = (_: string, name: string) =>
    name === 'mysql.read_only' ? [{ labels: {}, value: 1, at: now() }] : [];
  const changed = (at: number): Change => ({
    ...{ id: 'c1', target: targetName, source: 'mysql.variables', kind: 'configuration', at, after: at },
    ...{ service: null, summary: 'read_only OFF -> ON', isReported: false, url: null },
    differences: [{ name: 'read_only', before: 'OFF', after: 'ON' }],
  });

  test('it takes writes: nothing is told', async () => {
    assert.equal(readingOf(await target.seen('mysql.replication'), metric), 0);
    assert.deepEqual((await target.diagnose(id)).findings, []);
  });

  test('it takes none: told, and sure only with the change', async () => {
    await server.query('SET GLOBAL read_only = ON');
    assert.equal(readingOf(await target.seen('mysql.replication'), metric), 1);
    const [unsure] = (await target.diagnose(id, { latest })).findings;
    assert.ok((unsure?.confidence ?? 1) < 0.5);
    const [sure] = (await target.diagnose(id, { latest, changes: [changed(now() - 4_000)] })).findings;
    assert.equal(
      sure?.summary,
      'read_only is on, and it replicates from nobody: every write is refused with error 1290',
    );
    assert.equal(sure?.change, 'c1');
    assert.ok((sure?.confidence ?? 0) >= 0.9);
    const alerts = [{ since: now() - 3_600_000 }] as never;
    const late = await target.diagnose(id, { latest, alerts, changes: [changed(now())] });
    assert.deepEqual(late.findings, [], 'a trouble of before has another cause');
    await server.query('SET GLOBAL read_only = OFF');
  });

  test('who may not see replication does not know, and says what is lacking', async () => {
    const blind = tryTarget(mysql, { url: server.urlFor('blind') });
    const seen = await blind.seen('mysql.replication');
    assert.ok(seen.ok);
    assert.ok(seen.missing?.some(({ metrics }) => metrics.includes(metric)));
    await blind.bound.close();
  });
});
