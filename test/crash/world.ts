/** What is watched: an endpoint, a process and a PostgreSQL, each real, each with a fault that can be played. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type pg from 'pg';
import { type PostgresServer, startPostgres } from '../servers/postgres.ts';
import { login, urlFor } from '../servers/postgres-session.ts';
import { node } from './upkeep-process.ts';

export interface WorkerStart {
  readonly pid: number;
  readonly by: 'upkeep' | 'test';
  readonly at: number;
}

export interface World {
  readonly config: string;
  readonly web: { fail(how: 'error' | 'cut'): void; mend(): void };
  readonly worker: {
    starts(): WorkerStart[];
    isAlive(): boolean;
    kill(): void;
    /** As an operator would who got tired of waiting. */
    startByHand(): Promise<void>;
  };
  readonly db: {
    /** Leaves a transaction open that another session waits for. */
    block(): Promise<void>;
    readonly isBlocked: boolean;
    /** How often PostgreSQL was told to end a session. */
    terminations(): Promise<number>;
    unblock(): Promise<void>;
  };
  stop(): Promise<void>;
}

export interface WorldOptions {
  readonly folder: string;
  readonly hook: string;
  /** The store of this run, as `store:` takes it. */
  readonly store: string;
}

export async function startWorld(options: WorldOptions): Promise<World> {
  const web = await startWeb();
  const worker = workerIn(options.folder);
  const postgres = await startPostgres({
    // Upkeep would rightly warn of a database that does not wait for its disk.
    settings: { shared_preload_libraries: 'pg_stat_statements', fsync: 'on', full_page_writes: 'on' },
    setup: [
      'create extension pg_stat_statements',
      'create role upkeep login',
      'grant pg_monitor, pg_signal_backend to upkeep',
      'create role batch login',
      'create role shop login',
      'create table orders (id int primary key, quantity int)',
      'insert into orders values (1, 1)',
      'grant select, update on orders to batch, shop',
    ],
  });
  const db = blockable(postgres);
  await worker.startByHand();
  return {
    config: writeConfiguration(options, {
      web: web.url,
      db: urlFor(postgres, 'upkeep'),
      worker: worker.command,
    }),
    web,
    worker,
    db,
    async stop() {
      worker.kill();
      await db.unblock();
      await postgres.stop();
      await web.close();
    },
  };
}

function writeConfiguration(
  { folder, hook, store }: WorldOptions,
  watched: { web: string; db: string; worker: readonly string[] },
): string {
  const settings = {
    name: 'crash',
    store,
    targets: {
      web: { system: 'http', url: watched.web, every: '500ms', timeout: '3s' },
      worker: {
        system: 'process',
        start: watched.worker,
        env: { STARTED_BY: 'upkeep' },
        every: '500ms',
        timeout: '3s',
      },
      db: { system: 'postgres', url: watched.db, every: '1s', timeout: '3s' },
    },
    rules: {
      'postgres.blocked-sessions': { warning: 0, for: '1s', clearFor: '1s' },
      'process.restarting': { enabled: false },
    },
    notify: { hook: { notifier: 'webhook', url: hook, storms: 'each' } },
    guard: {
      always: ['postgres.terminate-backend on db', 'process.restart on worker'],
      budgets: { perTargetPerHour: 1_000, perIncident: 3, perDay: 5_000 },
    },
    incidents: { recoverFor: '1s', reopenWithin: '0s' },
  };
  const file = join(folder, 'upkeep.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(settings, null, 2));
  return file;
}

async function startWeb() {
  let fault: 'error' | 'cut' | null = null;
  const server = createServer((request, response) => {
    if (fault === 'cut') request.destroy();
    else response.writeHead(fault === 'error' ? 503 : 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`,
    fail(how: 'error' | 'cut') {
      fault = how;
    },
    mend() {
      fault = null;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function workerIn(folder: string) {
  const log = join(folder, 'worker.starts');
  const command = [node, join(import.meta.dirname, 'worker.ts'), log, String(process.pid)];
  const starts = (): WorkerStart[] =>
    existsSync(log)
      ? readFileSync(log, 'utf8')
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as WorkerStart)
      : [];
  const living = () => starts().filter(({ pid }) => isWorker(pid, log));
  return {
    command,
    starts,
    isAlive: () => living().length > 0,
    kill() {
      for (const { pid } of living()) process.kill(pid, 'SIGKILL');
    },
    async startByHand() {
      const [program = '', ...args] = command;
      const env = { ...process.env, STARTED_BY: 'test' };
      const child = spawn(program, args, { cwd: folder, env, detached: true, stdio: 'ignore' });
      child.unref();
      while (!starts().some(({ pid }) => pid === child.pid))
        await new Promise((resolve) => setTimeout(resolve, 20));
    },
  };
}

/** A pid of the log may belong to somebody else by now. */
function isWorker(pid: number, log: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(log);
  } catch {
    return false;
  }
}

function blockable(postgres: PostgresServer) {
  let sessions: pg.Client[] = [];
  let isBlocked = false;
  const statement = 'update orders set quantity = quantity + 1 where id = 1';
  return {
    get isBlocked() {
      return isBlocked;
    },
    async block() {
      const holder = await login(postgres, 'batch', 'nightly-import');
      const waiter = await login(postgres, 'shop', 'shop');
      sessions = [holder, waiter];
      await holder.query('begin');
      await holder.query(statement);
      isBlocked = true;
      waiter.query(statement).then(
        () => {
          isBlocked = false;
        },
        () => {},
      );
    },
    async terminations() {
      const [row] = await postgres.query(
        `select coalesce(sum(calls), 0)::int as n from pg_stat_statements
          where query like '%pg_terminate_backend(pid) AS ended%'`,
      );
      return Number(row?.n);
    },
    async unblock() {
      await Promise.all(sessions.map((session) => session.end().catch(() => {})));
      sessions = [];
    },
  };
}
