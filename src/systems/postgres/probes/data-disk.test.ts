import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { urlFor } from '../../../../test/servers/postgres-session.ts';
import { readingOf, tryTarget } from '../../../../test/try-target.ts';
import { defaultRules } from '../../../config/rules.ts';
import { availableAt } from '../../../machine/file-systems.ts';
import { postgres } from '../index.ts';

suite('the disk of a database', { skip: missing(postgresServer) }, () => {
  test('a server of this machine has its size and what is left as its room; a role without rights has none', async () => {
    const server = await startPostgres({
      setup: ['CREATE ROLE watcher LOGIN', 'GRANT pg_monitor TO watcher', 'CREATE ROLE app LOGIN'],
    });
    const target = tryTarget(postgres, { url: urlFor(server, 'watcher') });
    const plain = tryTarget(postgres, { url: urlFor(server, 'app') });
    try {
      const seen = await target.seen('postgres.size');
      const of = { database: 'postgres' };
      const size = readingOf(seen, 'postgres.database.size', of) ?? 0;
      const room = readingOf(seen, 'postgres.database.room', of) ?? 0;
      const left = (await availableAt(server.folder)) ?? assert.fail('no statfs');
      // Others write to the same disk meanwhile.
      assert.ok(Math.abs(room - size - left) < 0.05 * left, `${room} - ${size} and ${left}`);
      const blind = await plain.seen('postgres.size');
      assert.equal(readingOf(blind, 'postgres.database.room', of), undefined);
    } finally {
      await target.bound.close();
      await plain.bound.close();
      await server.stop();
    }
  });

  test('its growth against that room is forecast by default', () => {
    const rule = defaultRules(postgres).rules.find(({ id }) => id === 'postgres.disk-full-soon');
    assert.ok(rule?.kind === 'forecast');
    assert.deepEqual([rule.metric, rule.of], ['postgres.database.size', 'postgres.database.room']);
  });
});
