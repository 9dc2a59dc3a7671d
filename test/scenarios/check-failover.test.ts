/** `upkeep check` after a failover: what was done is in the store alone, and upkeep.yaml may not follow it. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import type { ActionView } from '../../src/core/view.ts';
import * as actionRows from '../../src/store/actions.ts';
import { openStore } from '../../src/store/index.ts';
import { commandLine } from './command-line.ts';

const at = Date.UTC(2026, 10, 22, 3);
const promoted: ActionView = {
  ...{
    id: '01993f2a-0000-7000-8000-000000000000',
    incidentId: null,
    digest: 'd',
    state: 'done',
    why: 'lost',
  },
  plan: {
    ...{ action: 'postgres.promote', target: 'spare', input: {}, risk: 'risky', summary: 'promote' },
    ...{ steps: ["fence-db 'old one'  # fences db"], before: {}, expect: 'it is the primary', fences: 'db' },
    ...{ undo: { possible: false, how: 'rewind' }, verifyWithinMs: 1, holdMs: 0 },
  },
  judgement: { kind: 'ask', reason: 'policy ask' },
  ...{ proposedBy: 'ann', proposedAt: at, approvedBy: 'bob', approvedAt: at, expiresAt: null },
  ...{ appliedAt: at, endedAt: at + 9_000, result: 'promoted', after: null, report: null },
};

test('check names a pair that was not exchanged after a failover, and a fence that would stop the wrong server', async (t) => {
  const cli = commandLine();
  t.after(cli.remove);
  const configure = (primary: string, replica: string, fence: string) =>
    cli.configure(`targets:
  db: { system: postgres, url: "postgres://u@127.0.0.1:1/d" }
  spare: { system: postgres, url: "postgres://u@127.0.0.1:2/d" }
failover:
  shop:
    primary: ${primary}
    replica: ${replica}
    fence: [${fence}, old one]
    switch: { show: [cat, place], to: [lead, "{target}"] }
    through: "127.0.0.1:3"
guard:
  ask: [postgres.promote on ${replica}]
`);
  configure('db', 'spare', 'fence-db');
  const before = await cli.call('check');
  assert.equal(before.code, 0, before.out);
  assert.doesNotMatch(before.out, /failover\.shop/);
  assert.equal(existsSync(join(cli.folder, 'data')), false, 'it made nothing');

  mkdirSync(join(cli.folder, 'data'));
  const store = await openStore({ kind: 'sqlite', file: join(cli.folder, 'data', 'state.db') }, systemClock);
  t.after(() => store.close());
  await actionRows.insert(store.db, promoted);
  const says = async (...options: string[]) => (await cli.call('check', ...options)).out;
  assert.match(
    await says(),
    /^! failover\.shop: spare was promoted at 2026-11-22T03:00:00\.000Z, and upkeep\.yaml still names it as the replica of db: exchange primary and replica, and give its fence the program that stops spare$/m,
  );
  assert.doesNotMatch(await says('--no-store'), /failover\.shop/);

  configure('spare', 'db', 'fence-db');
  assert.match(
    await says(),
    /^! failover\.shop: .*its fence is still the program that stopped db: the next failover would stop db, which is to take over/m,
  );
  configure('spare', 'db', 'fence-spare');
  assert.doesNotMatch(await says(), /failover\.shop/);
});
