import assert from 'node:assert/strict';
import { test } from 'node:test';
import { objection } from './facts.ts';

test('a promotion that is not granted names the command with its database: a function is granted in one alone', () => {
  const standing = { started: 2, standby: true, writable: false, synchronous: '', at: null };
  const standby = {
    ...{ conninfo: null, slot: '', delay: '0', senders: 10, paused: false, streaming: true, age: null },
    ...{ replayed: null, unreplayed: 0, waitsForMore: true },
    ...{ mayPromote: false, role: '"up-keep"', database: 'shop' },
  };
  const ground = {
    ...{ own: { ...standing, system: '1' }, standby },
    old: { kind: 'unknown', detail: 'timeout' },
  } as unknown as Parameters<typeof objection>[0];
  const other = { url: 'postgres://up-keep@db1:5433/shop' };
  const pair = { settings: { primary: 'db', replica: 'spare' }, other } as Parameters<typeof objection>[1];
  assert.equal(
    objection(ground, pair),
    `the role of Upkeep may not promote. On db, from where it comes to spare too, as a superuser: psql -p 5433 -d shop -c 'GRANT EXECUTE ON FUNCTION pg_promote(boolean, integer) TO "up-keep";'`,
  );
});
