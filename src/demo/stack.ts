import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../core/time.ts';
import { type Account, serverAccount } from '../machine/unprivileged.ts';
import { type DemoApi, startApi } from './api-process.ts';
import { type Certificates, makeCertificates } from './certificate.ts';
import { configurationOf } from './configuration.ts';
import type { Fault } from './fault.ts';
import { faultsOf, remembered } from './faults/index.ts';
import { type DemoProxy, startProxy } from './haproxy.ts';
import { type Load, type LoadView, startLoad } from './load.ts';
import { announcement, haproxy, locate, type Optional, openssl, redisServer } from './optional.ts';
import { freePorts } from './ports.ts';
import { type DemoPostgres, startPostgres } from './postgres.ts';
import { findPostgres } from './postgres-binaries.ts';
import { openProcesses, type Processes } from './processes.ts';
import { type DemoRedis, startRedis } from './redis.ts';

export interface StackOptions {
  /** Where the stack's own temporary folder is made; the system's where left out. */
  readonly folder?: string;
  readonly clock: Clock;
  /** What happens, one line each. */
  log(line: string): void;
  /** Parts to do without although they are installed: `redis-server`, `haproxy`, `openssl`. */
  readonly without?: readonly string[];
  /** Further lines of postgresql.conf. */
  readonly postgresSettings?: string;
  /** Ends the stack, also while it starts. */
  readonly signal?: AbortSignal;
}

/** Ports of 127.0.0.1; null for what is not installed here. */
export interface StackPorts {
  readonly db: number;
  readonly api: number;
  readonly apiTls: number | null;
  readonly cache: number | null;
  readonly web: number | null;
}

export interface Stack {
  /** Holds everything; removed by `stop`. */
  readonly folder: string;
  readonly ports: StackPorts;
  /** What is not installed here and was left out, with the command that installs it; worth showing. */
  readonly missing: readonly string[];
  /** Where PostgreSQL comes from. */
  readonly postgres: string;
  readonly faults: readonly Fault[];
  /** Starts further processes, which end with the stack. */
  readonly processes: Processes;
  /** The handles for tests: an ordinary session as any of the roles, the superuser, Redis. */
  readonly servers: {
    readonly postgres: DemoPostgres;
    readonly redis: DemoRedis | null;
    readonly api: DemoApi;
  };
  /** Running processes by name; the API's changes when Upkeep restarts it. */
  pids(): Readonly<Record<string, number>>;
  /** The text of an `upkeep.yaml` for it. Holds passwords: a file with it belongs to the owner alone. */
  configuration(): string;
  load(): LoadView;
  /** Heals the fault first where it is there already. Throws for a name that this stack has not. */
  inject(name: string): Promise<void>;
  heal(name: string): Promise<void>;
  healAll(): Promise<void>;
  /** Ends everything in reverse order and removes the folder. May be called again and from anywhere. */
  stop(): Promise<void>;
}

/**
 * Brings up a small shop on real servers, each on a free port of 127.0.0.1, within one fresh folder.
 * Whatever ends this process (kill -9 too), a guardian ends the servers and removes the folder.
 * Throws with the server's own words when PostgreSQL or the API does not start; nothing is left then.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  options.signal?.throwIfAborted();
  const folder = realpathSync(mkdtempSync(join(options.folder ?? tmpdir(), 'upkeep-demo-')));
  // The servers' own account must pass through; what is in it is readable to its owner only.
  chmodSync(folder, 0o711);
  const life = openLife(options.clock, () => rmSync(folder, { recursive: true, force: true }));
  const onAbort = () => void life.stop();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const processes = await openProcesses(folder, options.clock);
    life.atEnd(() => processes.release());
    const { clock } = options;
    const parts = await startParts({ folder, account: serverAccount(), processes, clock, life, options });
    options.signal?.throwIfAborted();
    return assemble(folder, processes, life, parts);
  } catch (error) {
    await life.stop();
    options.signal?.throwIfAborted();
    throw error;
  }
}

interface Life {
  /** Adds to what `stop` does, before what was added earlier. */
  atEnd(end: () => Promise<void>): void;
  stop(): Promise<void>;
}

/** No single end holds up the others for longer. */
const endWithinMs = 15_000;

function openLife(clock: Clock, last: () => void): Life {
  const ends: (() => Promise<void>)[] = [];
  let stopping: Promise<void> | undefined;
  const run = async () => {
    for (let end = ends.pop(); end !== undefined; end = ends.pop()) {
      const limit = new AbortController();
      const late = clock.sleep(endWithinMs, limit.signal).catch(() => {});
      await Promise.race([end().catch(() => {}), late]);
      limit.abort();
    }
    last();
  };
  return {
    atEnd(end) {
      ends.push(end);
    },
    stop() {
      stopping ??= run();
      return stopping;
    },
  };
}

interface Parts {
  readonly ports: StackPorts;
  readonly missing: readonly string[];
  readonly postgres: DemoPostgres;
  readonly redis: DemoRedis | null;
  readonly certificates: Certificates | null;
  readonly api: DemoApi;
  readonly proxy: DemoProxy | null;
  readonly load: Load;
  readonly faults: readonly Fault[];
}

interface Setting {
  readonly folder: string;
  readonly account: Account | undefined;
  readonly processes: Processes;
  readonly clock: Clock;
  readonly life: Life;
  readonly options: StackOptions;
  readonly missing: string[];
}

async function startParts(setting: Omit<Setting, 'missing'>): Promise<Parts> {
  const { clock } = setting;
  const missing: string[] = [];
  const [db = 0, cache = 0, api = 0, apiTls = 0, web = 0] = await freePorts(5);
  const wanted = { db, cache, api, apiTls, web };
  const stores = await startStores({ ...setting, missing }, wanted);
  const front = await startFront({ ...setting, missing }, wanted, stores);
  const { redis, postgres, certificates } = stores;
  const faults = faultsOf({ clock, api: front.api, postgres, redis, certificates }).map(remembered);
  const ports = {
    db,
    api,
    apiTls: front.api.tlsPort,
    cache: redis?.port ?? null,
    web: front.proxy?.port ?? null,
  };
  return { ...stores, ...front, ports, missing, faults };
}

/** Starts a part that may be lacking; null where it does. */
async function optional<T>(
  { options, missing }: Setting,
  what: Optional,
  start: (command: string) => Promise<T>,
): Promise<T | null> {
  options.signal?.throwIfAborted();
  if (options.without?.includes(what.command)) return null;
  const command = locate(what);
  if (command !== undefined) return start(command);
  missing.push(announcement(what));
  return null;
}

type WantedPorts = Readonly<Record<keyof StackPorts, number>>;
type Stores = Pick<Parts, 'postgres' | 'redis' | 'certificates'>;

async function startStores(setting: Setting, ports: WantedPorts): Promise<Stores> {
  const { folder, account, processes, clock, life, options } = setting;
  const shared = { folder, account, processes, clock };
  const postgres = await startPostgres({
    ...shared,
    port: ports.db,
    binaries: findPostgres(folder),
    more: options.postgresSettings ?? '',
  });
  life.atEnd(() => postgres.process.stop(['INT', 'QUIT'], 4_000));
  options.log(`PostgreSQL (${postgres.from}) on 127.0.0.1:${ports.db}`);
  const redis = await optional(setting, redisServer, (command) =>
    startRedis({ ...shared, command, port: ports.cache }),
  );
  if (redis) {
    life.atEnd(() => redis.process.stop(['TERM'], 2_000));
    options.log(`Redis on 127.0.0.1:${ports.cache}`);
  }
  const certificates = await optional(setting, openssl, (command) => makeCertificates(folder, command));
  return { postgres, redis, certificates };
}

async function startFront(
  setting: Setting,
  ports: WantedPorts,
  { postgres, redis, certificates }: Stores,
): Promise<Pick<Parts, 'api' | 'proxy' | 'load'>> {
  const { folder, account, processes, clock, life, options } = setting;
  const settings = {
    port: ports.api,
    database: { url: postgres.url('app'), poolSize: 8 },
    redis: redis?.url ?? null,
    tls: certificates && {
      port: ports.apiTls,
      certificate: certificates.certificate,
      key: certificates.key,
    },
  };
  options.signal?.throwIfAborted();
  const api = await startApi({ folder, settings, processes, clock });
  life.atEnd(() => api.stop());
  options.log(`API on 127.0.0.1:${ports.api}${certificates ? `, TLS on 127.0.0.1:${ports.apiTls}` : ''}`);
  const proxy = await optional(setting, haproxy, (command) =>
    startProxy({ folder, account, processes, clock, command, port: ports.web, apiPort: ports.api }),
  );
  if (proxy) {
    life.atEnd(() => proxy.process.stop(['TERM'], 2_000));
    options.log(`HAProxy on 127.0.0.1:${ports.web}`);
  }
  const load = startLoad({ url: `http://127.0.0.1:${proxy?.port ?? ports.api}`, clock });
  life.atEnd(() => load.stop());
  return { api, proxy, load };
}

function assemble(folder: string, processes: Processes, life: Life, parts: Parts): Stack {
  const { ports, postgres, redis, api, certificates, proxy, load, faults } = parts;
  const fault = (name: string): Fault => {
    const found = faults.find((candidate) => candidate.name === name);
    if (found) return found;
    throw new Error(`there is no fault ${name} here: use one of ${faults.map((one) => one.name).join(', ')}`);
  };
  return {
    folder,
    ports,
    missing: parts.missing,
    postgres: postgres.from,
    faults,
    processes,
    servers: { postgres, redis, api },
    pids() {
      const apiPid = api.pid();
      return {
        guardian: processes.guardianPid,
        postgres: postgres.process.pid,
        ...(redis ? { redis: redis.process.pid } : {}),
        ...(apiPid === undefined ? {} : { api: apiPid }),
        ...(proxy ? { haproxy: proxy.process.pid } : {}),
      };
    },
    configuration: () =>
      configurationOf({
        webPort: ports.web,
        api,
        databaseUrl: postgres.url('upkeep'),
        redisUrl: redis?.url ?? null,
        ca: certificates?.ca ?? null,
      }),
    load: () => load.view(),
    async inject(name) {
      const wanted = fault(name);
      if (await wanted.isPresent()) await wanted.heal();
      await wanted.inject();
    },
    heal: (name) => fault(name).heal(),
    async healAll() {
      for (const each of faults) await each.heal();
    },
    stop: () => life.stop(),
  };
}
