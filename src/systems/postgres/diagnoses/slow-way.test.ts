import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { urlFor } from '../../../../test/servers/postgres-session.ts';
import { tryTarget } from '../../../../test/try-target.ts';
import { systemClock } from '../../../clock.ts';
import { openSlowWay, type SlowWay } from '../../../drills/parts/slow-way.ts';
import { postgres } from '../index.ts';
import { isWithoutWay, slowWay } from './slow-way.ts';

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

  test('a socket and the loopback have no way: there it is a processor that is short, not a network', async () => {
    assert.equal(isWithoutWay(undefined, null), true);
    for (const host of ['127.0.0.1', 'localhost', '::1']) {
      assert.equal(isWithoutWay({ host, port: 5432 }, 5432), true, host);
      assert.equal(
        isWithoutWay({ host, port: 6432 }, 5432),
        false,
        'a proxy or a tunnel, which may lead far',
      );
    }
    assert.equal(isWithoutWay({ host: '10.0.0.7', port: 5432 }, 5432), false);
    const facts = { outsideMs: 400, quickestMs: 300, insideMs: 0.4, usualMs: 2 };
    const seen = (isWithoutWay: boolean) => [
      { ...{ id: 'db.way', target: 'db', title: '', at: 0, how: '' }, facts: { ...facts, isWithoutWay } },
    ];
    assert.equal(slowWay.conclude(seen(false), 'db').length, 1);
    assert.deepEqual(slowWay.conclude(seen(true), 'db'), []);
    const target = tryTarget(postgres, { url: urlFor(server, 'watcher') });
    const { evidence } = await target.diagnose('postgres.slow-way');
    await target.bound.close();
    assert.equal(evidence[0]?.facts?.isWithoutWay, true);
  });

  test('a way that was always as long, and a short one, are nobody’s fault', async () => {
    way.delayMs = 40;
    assert.deepEqual(await diagnose(80), []);
    way.delayMs = 0;
    assert.deepEqual(await diagnose(2), []);
  });
});
