/** The way back of an old primary, carried out word for word on two real servers. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { suite, test } from 'node:test';
import { promisify } from 'node:util';
import { missing, required } from '../../../../test/servers/installed.ts';
import { postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { baseBackup, startStandby } from '../../../../test/servers/postgres-standby.ts';
import { eventually } from '../../../../test/try-target.ts';
import { type WayBackFacts, wayBack } from './way-back.ts';

const rewind = { ...postgresServer, name: 'pg_rewind' };
const facts: WayBackFacts = {
  ...{ pair: 'shop', primary: 'db', replica: 'db-replica', place: { host: 'db2', port: 5433 } },
  ...{ role: 'repl', folder: '/srv/db', configFile: '/srv/db/postgresql.conf', version: 150_004 },
  ...{ canRewind: true, switchedBy: 'proxy', hasFence: true },
};

test('the slot comes first, and the fence and the switch are exchanged as the servers are', () => {
  const steps = wayBack(facts);
  assert.match(
    steps[0] ?? '',
    /^1\. db-replica: psql 'host=db2 port=5433 .*pg_create_physical_replication_slot/,
  );
  assert.match(steps[1] ?? '', /CHECKPOINT$/);
  assert.match(
    steps.at(-2) ?? '',
    /exchange primary and replica of failover\.shop, give its fence the program that stops db-replica .*its switch, let backups/,
  );
  const told = wayBack({ ...facts, configFile: '/etc/postgresql/15/main/postgresql.conf' }).join('\n');
  assert.match(told, /pg_rewind .* --config-file=\/etc\/postgresql\/15\/main\/postgresql\.conf$/m);
});

test('where nothing could be asked nothing is made up, and without checksums there is no rewind', () => {
  const blind = wayBack({ ...facts, role: null, folder: null, configFile: null, canRewind: null }).join('\n');
  assert.match(blind, /DATA=… .*put it in/);
  assert.match(blind, /REPLICATION_ROLE/);
  const anew = wayBack({ ...facts, canRewind: false }).join('\n');
  assert.doesNotMatch(anew, /pg_rewind/);
  assert.match(anew, /pg_basebackup -D "\$DATA" .* -S db/);
});

suite('the old primary comes back', { skip: missing(postgresServer, baseBackup, rewind) }, () => {
  for (const [title, canRewind] of [
    ['by pg_rewind, though the log has moved on by a checkpoint', true],
    ['by a copy, where it had no checksums', false],
  ] as const)
    test(title, async (t) => {
      const settings = { wal_log_hints: canRewind ? 'on' : 'off', wal_keep_size: 0 };
      const setup = ['CREATE ROLE repl LOGIN REPLICATION', 'CREATE TABLE orders (id int)'];
      const primary = await startPostgres({ settings, setup });
      t.after(() => primary.stop('SIGQUIT'));
      const replica = await startStandby(primary);
      t.after(() => replica.stop());
      await primary.query(`SELECT pg_create_physical_replication_slot('of_before', true)`);
      await primary.query('INSERT INTO orders VALUES (1)');
      await eventually(
        () => replica.query('SELECT id FROM orders'),
        (rows) => rows.length === 1,
      );
      await primary.query(`ALTER SYSTEM SET default_transaction_read_only = on`);
      const [{ segment } = {}] = await primary.query(
        'SELECT pg_walfile_name(pg_current_wal_lsn()) AS segment',
      );
      assert.equal(typeof segment, 'string');
      await primary.crash();
      await replica.query('SELECT pg_promote(true, 8)');
      // The log goes on in another segment than the one in which the histories part.
      await replica.query('INSERT INTO orders VALUES (2)');
      await replica.query('SELECT pg_switch_wal()');
      await replica.query('INSERT INTO orders VALUES (3)');

      const data = join(primary.folder, 'data');
      const steps = wayBack({
        ...facts,
        ...{ place: { host: '127.0.0.1', port: replica.port }, canRewind },
        ...{ folder: data, configFile: join(data, 'postgresql.conf') },
      });
      const bin = dirname(required(postgresServer));
      const commands = steps.flatMap((step) => {
        const [, command] = /^\d+\. (?:db|db-replica): (.*?)(?: {2}# .*)?$/.exec(step) ?? [];
        return command === undefined ? [] : [command.replace(/ PATH=\S+$/, ` PATH=${bin}:$PATH`)];
      });
      t.after(() => shell(`${bin}/pg_ctl -D ${data} -m immediate stop || true`));
      await shell(commands.join('\n'));

      const rows = () => primary.query('SELECT id FROM orders ORDER BY id');
      await replica.query('INSERT INTO orders VALUES (4)');
      await eventually(rows, (found) => found.length === 4);
      assert.deepEqual(
        await primary.query(
          `SELECT pg_is_in_recovery() AS standby, current_setting('primary_slot_name') AS slot,
                  (SELECT count(*)::int FROM pg_replication_slots) AS slots,
                  (SELECT setting FROM pg_settings WHERE name = 'default_transaction_read_only') AS "readOnly"`,
        ),
        [{ standby: true, slot: 'db', slots: 0, readOnly: 'off' }],
      );
      assert.deepEqual(await replica.query('SELECT slot_name, active FROM pg_replication_slots'), [
        { slot_name: 'db', active: true },
      ]);
    });
});

/** As the owner of the data; stops at the first command that fails. */
function shell(script: string) {
  const words = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];
  const [program = '', ...args] = [...words, 'bash', '-e', '-o', 'pipefail', '-c', script];
  return promisify(execFile)(program, args, { cwd: '/', timeout: 60_000 });
}
