import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { urlFor } from '../../../../test/servers/postgres-session.ts';
import { tryTarget } from '../../../../test/try-target.ts';
import { systemClock } from '../../../clock.ts';
import { openSlowWay, type SlowWay } from '../../../drills/parts/slow-way.ts';
import { postgres } from '../index.ts';

suite('a slow way to a server', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let way: SlowWay;
  before(async () => {
    server = await startPostgres({ setup: ['CREATE ROLE watcher LOGIN'] });
    way = await openSlowWay(systemClock, server.port);
  });
  after(async () => {
    await way.stop();
    await server.stop();
  });

  const diagnose = async (usualMs?: number) => {
    const url = new URL(urlFor(server, 'watcher'));
    url.port = String(way.port);
    const target = tryTarget(postgres, { url: url.toString() });
    const at = Array.from({ length: 20 }, (_, index) => Date.now() - (40 - index) * 60_000);
    const series = usualMs === undefined ? [] : [{ labels: {}, at, values: at.map(() => usualMs / 1_000) }];
    const { findings } = await target.diagnose('postgres.slow-way', { history: async () => series });
    await target.bound.close();
    return findings;
  };

  test('the server is timed on both sides: 160 ms from here, hardly any in it', async () => {
    way.delayMs = 80;
    const [finding] = await diagnose(2);
    assert.match(
      finding?.summary ?? '',
      /takes 1\d\d ms, usually 2\.0 ms, of which the server needs 0\.\d ms/,
    );
    assert.equal(finding?.confidence, 0.92);
    assert.equal((await diagnose())[0]?.confidence, 0.75, 'without a past less is sure');
  });

  test('a way that was always as long, and a short one, are nobody’s fault', async () => {
    way.delayMs = 40;
    assert.deepEqual(await diagnose(80), []);
    way.delayMs = 0;
    assert.deepEqual(await diagnose(2), []);
  });
});
