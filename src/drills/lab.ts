/** Starts a sandbox: the demo's stack with settings in which everything of the catalogue can break, and Upkeep on it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { SystemEntry } from '../core/system.ts';
import type { Clock } from '../core/time.ts';
import { type Stack, startStack } from '../demo/stack.ts';
import { labConfiguration } from './configuration.ts';
import type { Lab, LabName, Watch } from './drill.ts';
import { startParts } from './parts/index.ts';
import { bystander, sentinelKey, stateOf } from './state.ts';

export interface LabOptions {
  readonly clock: Clock;
  /** Those that Upkeep in the lab knows. */
  readonly systems: readonly SystemEntry[];
  readonly signal?: AbortSignal;
  /** Starts an Upkeep with this configuration and with its store below this folder. */
  watch(text: string, folder: string, systems: readonly SystemEntry[]): Promise<Watch>;
  log(line: string): void;
}

export interface RunningLab extends Lab {
  readonly name: LabName;
  stop(): Promise<void>;
}

/** Off by default, and cannot be turned on without a restart. */
const postgresSettings = `
archive_mode = on
archive_command = '/bin/true'
max_prepared_transactions = 5
logging_collector = on
log_directory = 'log'
`;

export async function startLab(name: LabName, options: LabOptions): Promise<RunningLab> {
  const { clock, signal } = options;
  const stack = await startStack({
    clock,
    log: options.log,
    postgresSettings,
    ...(signal ? { signal } : {}),
  });
  // Ended in reverse order, also where one of them does not start: an open connection would keep the process alive.
  const ends: (() => Promise<void>)[] = [() => stack.stop()];
  const stop = async () => {
    for (const end of ends.splice(0).reverse()) await end().catch(() => {});
  };
  try {
    if (name === 'shop') for (const statement of visits) await stack.servers.postgres.admin(statement);
    ends.push(await addBystanders(stack));
    const more = await startParts(name, stack, clock, options.systems);
    // The bystanders go before what they were put beside.
    ends.splice(1, 0, () => more.stop());
    const watch = await options.watch(
      labConfiguration(stack.configuration(), more, options.systems),
      join(stack.folder, 'upkeep'),
      options.systems,
    );
    ends.push(() => watch.stop());
    await more.begin?.(watch);
    const lab: RunningLab = {
      name,
      clock,
      ...(signal ? { signal } : {}),
      stack,
      watch,
      ...more.parts,
      state: () => stateOf(lab),
      stop,
    };
    return lab;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Large enough that reading it whole is felt. */
const visits = [
  `create table visits as select n as id, 'customer ' || n % 20000 as customer, repeat('x', 60) as page
     from generate_series(1, 200000) n`,
  'create index visits_customer on visits (customer)',
  'analyze visits',
  'grant select on visits to app, upkeep',
  // What the readme of postgres asks for where Upkeep is to build indexes and put settings back.
  'create role visits_owner nologin',
  'alter table visits owner to visits_owner',
  'grant visits_owner to upkeep',
  'grant create on schema public to visits_owner',
  'grant alter system on parameter work_mem, random_page_cost, max_wal_size, archive_command, default_transaction_read_only to upkeep',
  'grant execute on function pg_reload_conf() to upkeep',
];

/** What an action must leave alone: idle sessions of others, a key, a file. */
async function addBystanders(stack: Stack): Promise<() => Promise<void>> {
  const { postgres, redis } = stack.servers;
  // Whoever owns a table may change it; the demo's belongs to the superuser, whom nobody may interrupt.
  await postgres.admin('alter table orders owner to batch');
  // What the readme of postgres asks for where Upkeep is to read the log.
  await postgres.admin('grant execute on function pg_read_binary_file(text, bigint, bigint) to upkeep');
  writeFileSync(join(stack.folder, 'keep.sentinel'), 'nobody may delete this\n');
  const session = postgres.client('batch', bystander);
  await session.connect();
  if (redis === null) return () => session.end().catch(() => {});
  const client = new Redis(redis.url, { connectionName: bystander, retryStrategy: () => null });
  client.on('error', () => {});
  await client.set(sentinelKey, 'kept');
  return async () => {
    client.disconnect();
    await session.end().catch(() => {});
  };
}
