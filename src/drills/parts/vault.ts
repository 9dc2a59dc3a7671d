/** A server of its own whose backups are taken by pgBackRest, and what can go wrong with them. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../core/time.ts';
import { freePorts } from '../../demo/ports.ts';
import { type DemoPostgres, startPostgres } from '../../demo/postgres.ts';
import { findPostgres } from '../../demo/postgres-binaries.ts';
import type { Stack } from '../../demo/stack.ts';
import { serverAccount } from '../../machine/unprivileged.ts';

export interface Vault {
  readonly server: DemoPostgres;
  /** Its data folder. */
  readonly data: string;
  /** Where a second repository would lie; nobody makes it. */
  readonly notMounted: string;
  /** For Upkeep: what it connects with, and what it backs up. */
  readonly url: string;
  readonly plan: Readonly<Record<string, unknown>>;
  stop(): Promise<void>;
}

/** Called so in the lab: the target, and the plan of its backups. */
export const vaultTarget = 'vault';
export const vaultPlan = 'parcels';

/** The log goes to the archive only when Upkeep has said how. */
const settings = `
archive_mode = on
archive_timeout = 1h
autovacuum = off
`;

export async function startVault(stack: Stack, clock: Clock): Promise<Vault> {
  const account = serverAccount();
  const home = join(stack.folder, 'vault');
  mkdirSync(home, { mode: 0o711 });
  const folder = join(home, 'backups');
  mkdirSync(folder, { mode: 0o711 });
  const [port = 0] = await freePorts(1);
  const server = await startPostgres({
    ...{ folder: home, port, account, clock, checksums: true, more: settings },
    binaries: findPostgres(stack.folder),
    processes: stack.processes,
  });
  await server.admin('grant pg_read_all_data to upkeep');
  await server.admin("create table ledger as select n as id, 'paid' as what from generate_series(1, 100) n");
  return {
    server,
    data: join(home, 'db/data'),
    notMounted: join(home, 'not-mounted'),
    url: server.url('upkeep'),
    plan: { of: vaultTarget, engine: 'postgres.pgbackrest', to: folder, scratch: home },
    stop: () => server.process.stop(['QUIT'], 5_000),
  };
}

/** Names of the files of the log: those that a backup needs from first to last, and those that follow it; oldest first. */
export function logOf(plan: string, label: string): { within: string[]; after: string[] } {
  const repository = join(plan, 'pgbackrest/repository');
  const manifest = readFileSync(join(repository, 'backup/upkeep', label, 'backup.manifest'), 'utf8');
  const named = (key: string) => new RegExp(`^${key}="(\\w+)"`, 'm').exec(manifest)?.[1] ?? '';
  const first = named('backup-archive-start');
  const last = named('backup-archive-stop');
  const files = readdirSync(join(repository, 'archive/upkeep'), { recursive: true })
    .flatMap((path) => /([0-9A-F]{24})-[^/]*$/.exec(String(path))?.[1] ?? [])
    .toSorted();
  return {
    within: files.filter((name) => name >= first && name <= last),
    after: files.filter((name) => name > last),
  };
}
