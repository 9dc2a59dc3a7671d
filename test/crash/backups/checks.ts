/** What must hold after each kill. Each gives the sentences that tell what is broken. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BackupView } from '../../../src/core/backup/view.ts';
import type { Stored } from '../stored.ts';
import { type Estate, inShop, namesIn, planNames, rowsOfShop } from './estate.ts';
import { orphansOf } from './machine.ts';

export interface Witness {
  readonly estate: Estate;
  readonly stored: Stored;
  readonly backups: readonly BackupView[];
  /** Pids of every Upkeep that was killed. */
  readonly killed: readonly number[];
  /** What `stamp` may say: before and after a restore over. */
  readonly stamps: ReadonlySet<number>;
}

export async function broken(witness: Witness): Promise<string[]> {
  return [
    ...storeIsWhole(witness),
    ...catalogueAgrees(witness),
    ...nothingIsLeft(witness),
    ...everythingHasItsEnd(witness),
    ...(await serversAreClean(witness)),
  ];
}

function* storeIsWhole({ stored }: Witness): Generator<string> {
  if (!stored.chain.ok)
    yield `the journal's chain is broken at ${stored.chain.brokenAt}: ${stored.chain.reason}`;
  for (const verdict of stored.integrity) if (verdict !== 'ok') yield `integrity_check says ${verdict}`;
  for (const job of stored.failedJobs) yield `a job was given up: ${job}`;
}

/** What the plain engine keeps beside its backups: the log, and the sums of its files. */
const ofLog = new Set(['wal', 'wal.sums']);

function* catalogueAgrees({ backups, estate }: Witness): Generator<string> {
  for (const { id, plan, state, folder, label, copyOf, detail } of backups) {
    if (state === 'taking' && copyOf === null) yield `${plan} ${id} is still being taken`;
    if (state === 'removing') yield `${plan} ${id} is still being removed: ${detail}`;
    if (state === 'missing') yield `${plan} ${id} is missing`;
    const isFolder = label === null && copyOf === null;
    if (state === 'good' && isFolder && !existsSync(folder)) yield `${plan} ${id} is good and not there`;
    if (state === 'removed' && isFolder && existsSync(folder)) yield `${plan} ${id} is removed and there`;
  }
  const known = new Set(backups.map(({ folder }) => folder));
  for (const plan of planNames.filter((name) => name !== 'files' && name !== 'pgbackrest'))
    for (const name of namesIn(join(estate.kept, plan)))
      if (!ofLog.has(name) && !known.has(join(estate.kept, plan, name)))
        yield `${plan}/${name} is in no catalogue`;
}

function* nothingIsLeft({ estate, killed }: Witness): Generator<string> {
  for (const pid of killed)
    for (const { command } of orphansOf(pid)) yield `a program of a killed Upkeep still runs: ${command}`;
  for (const name of namesIn(tmpdir()).filter((one) => one.startsWith('upkeep-socket-')))
    if (killed.includes(ownerOf(join(tmpdir(), name)))) yield `${name} of a killed Upkeep is left`;
  for (const name of namesIn(estate.scratch)) yield `scratch ${name} is left`;
  for (const name of namesIn(estate.restored)) {
    if (name.endsWith('.upkeep')) yield `${name} is left beside a restore`;
    else if (readdirSync(join(estate.restored, name)).includes('.upkeep-unfinished'))
      yield `restore ${name} is half there`;
  }
  for (const name of namesIn(join(estate.kept, 'files', 'repository', 'locks')))
    yield `restic's lock ${name} is left`;
}

function ownerOf(folder: string): number {
  try {
    return Number(readFileSync(join(folder, 'of'), 'utf8').split('/')[1]);
  } catch {
    return 0;
  }
}

const ends = new Set(['backup.restored', 'backup.not-restored']);

function* everythingHasItsEnd({ stored }: Witness): Generator<string> {
  let begun = 0;
  let ended = 0;
  for (const { kind } of stored.journal) {
    if (kind === 'backup.restoring') begun += 1;
    if (ends.has(kind)) ended += 1;
  }
  if (begun !== ended) yield `${begun} restores were begun, ${ended} have their end in the journal`;
  for (const { id, plan, state } of stored.actions)
    if (state === 'applying') yield `${plan.action} ${id} is still being applied`;
}

async function* check({ estate, stored, stamps }: Witness): AsyncGenerator<string> {
  const { postgres, mariadb } = estate;
  const restored = new Set(
    stored.journal
      .filter(({ kind }) => kind === 'backup.restored')
      .map(({ payload }) => /database (\w+)/.exec(String(payload.at))?.[1]),
  );
  const named = (await postgres.query('SELECT datname AS name FROM pg_database')).map(({ name }) =>
    String(name),
  );
  for (const name of named)
    if (!/^(postgres|template\d|shop|shop_before_\d+)$/.test(name) && !restored.has(name))
      yield `PostgreSQL has a database ${name} of no restore`;
  for (const { Database: name } of (await mariadb?.query('SHOW DATABASES')) ?? [])
    if (/^restored_/.test(String(name)) && !restored.has(String(name)))
      yield `MariaDB has a half database ${name}`;
  const slots = await postgres.query('SELECT slot_name AS name FROM pg_replication_slots');
  for (const { name } of slots) if (name !== 'upkeep_plain') yield `slot ${String(name)} is left`;
  for (const name of ['backup_label', 'tablespace_map'])
    if (existsSync(join(postgres.folder, 'data', name))) yield `${name} is left in the data folder`;
  const [row] = await inShop(postgres.url.replace(/postgres$/, 'shop'), [
    'SELECT (SELECT count(*)::int FROM orders) AS rows, (SELECT round FROM stamp) AS stamp, (SELECT sum(id)::bigint::text FROM orders) AS sum',
  ]);
  const sum = String((rowsOfShop * (rowsOfShop + 1)) / 2);
  if (row?.rows !== rowsOfShop || row?.sum !== sum)
    yield `shop has ${String(row?.rows)} rows, not ${rowsOfShop}`;
  if (!stamps.has(Number(row?.stamp))) yield `shop is neither the old nor the new one: ${String(row?.stamp)}`;
}

async function serversAreClean(witness: Witness): Promise<string[]> {
  return Array.fromAsync(check(witness));
}
