/**
 * A stand-in for a TiDB cluster, which no package of Debian has: it speaks the MySQL protocol on one port and HTTP as
 * TiDB's status port, PD and TiKV on others, and answers from tables of the true columns, so that a query which names
 * another fails. What a test writes into the tables is what the cluster is like.
 */
import { once } from 'node:events';
import { createServer as createHttp, type Server } from 'node:http';
import { Server as TcpServer } from 'node:net';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { type Connection, createServer } from 'mysql2';
import { tables, wellRows, wellSeries } from './tidb-shapes.ts';

type Component = 'tidb' | 'tikv' | 'pd';

export interface TidbStandIn {
  urlFor(user: string): string;
  readonly url: string;
  readonly port: number;
  readonly status: string;
  readonly pd: string;
  readonly tikv: string;
  readonly prometheus: string;
  /** Series by component; what is changed here is exposed at the next scrape. */
  readonly series: ReturnType<typeof wellSeries>;
  /** What PD says beside its metrics, by path. */
  readonly pdAnswers: Map<string, unknown>;
  /** Statements that were not only looks, in the order they came. */
  readonly orders: string[];
  /** Changes the tables: `UPDATE information_schema.TIKV_STORE_STATUS SET …`. */
  change(sql: string, ...values: SQLInputValue[]): void;
  rows(sql: string): Record<string, unknown>[];
  stop(): Promise<void>;
}

const grants: Readonly<Record<string, readonly string[]>> = {
  root: ["GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' WITH GRANT OPTION"],
  watcher: [
    "GRANT PROCESS,CONFIG,CONNECTION_ADMIN,SYSTEM_VARIABLES_ADMIN ON *.* TO 'watcher'@'%'",
    "GRANT SELECT ON `mysql`.`tidb` TO 'watcher'@'%'",
    "GRANT SELECT ON `mysql`.`tidb_mdl_view` TO 'watcher'@'%'",
  ],
  blind: ["GRANT USAGE ON *.* TO 'blind'@'%'"],
};

export async function startTidb(): Promise<TidbStandIn> {
  const db = openTables();
  const series = wellSeries();
  const pdAnswers = new Map<string, unknown>([
    [
      '/pd/api/v1/health',
      [{ name: 'pd-0', member_id: 1, client_urls: ['http://10.0.1.20:2379'], health: true }],
    ],
    [
      '/pd/api/v1/gc/safepoint',
      {
        service_gc_safe_points: [servicePoint('gc_worker', Date.now() - 840_000, Number.MAX_SAFE_INTEGER)],
        gc_safe_point: 0,
      },
    ],
  ]);
  const orders: string[] = [];
  const connections = new Set<Connection>();
  let sessions = 0;
  const mysql = createServer((connection) => {
    connections.add(connection);
    connection.on('error', () => {});
    connection.on('end', () => connections.delete(connection));
    const id = 2_000 + sessions++;
    let user = '';
    connection.serverHandshake({
      protocolVersion: 10,
      serverVersion: '8.0.11-TiDB-v8.5.1',
      connectionId: id,
      statusFlags: 2,
      characterSet: 45,
      // All but TLS and compression.
      capabilityFlags: 0xffffff & ~0x800 & ~0x20,
      authCallback(login: { user: string }, done: (error: null, refusal?: object) => void) {
        user = login.user;
        const refusal = {
          message: `Access denied for user '${user}'@'127.0.0.1' (using password: YES)`,
          code: 1045,
        };
        done(null, user in grants ? undefined : refusal);
        Reflect.set(connection, 'sequenceId', 0);
      },
    });
    // The driver takes SET for a statement to prepare.
    for (const event of ['query', 'stmt_prepare'])
      connection.on(event, (sql: string) => answer(connection, sql, user, id));
  });

  function answer(connection: Connection, sql: string, user: string, id: number): void {
    // The driver counts packets on and on; the protocol begins anew with each command.
    Reflect.set(connection, 'sequenceId', 1);
    try {
      const rows = run(sql.trim(), user, id);
      // The driver's server writes text; types tell its client what is a number.
      if (rows === undefined) connection.writeOk();
      else writeRows(connection, rows);
    } catch (error) {
      const code = error instanceof Refused ? error.code : 1105;
      connection.writeError({ code, message: error instanceof Error ? error.message : String(error) });
    } finally {
      Reflect.set(connection, 'sequenceId', 0);
    }
  }

  function run(sql: string, user: string, id: number): Record<string, unknown>[] | undefined {
    if (/^SET SESSION/i.test(sql)) return undefined;
    if (/^SELECT VERSION\(\)/i.test(sql)) return [{ version: '8.0.11-TiDB-v8.5.1' }];
    if (/^SELECT CURRENT_USER\(\)/i.test(sql)) return [{ account: `${user}@%` }];
    if (/^SHOW GRANTS/i.test(sql))
      return (grants[user] ?? []).map((line) => ({ [`Grants for ${user}@%`]: line }));
    if (/^SHOW GLOBAL VARIABLES/i.test(sql))
      return select(
        db,
        sql.replace(/^SHOW GLOBAL VARIABLES/i, 'SELECT Variable_name, Value FROM variables'),
        id,
      );
    if (/^SHOW GLOBAL BINDINGS/i.test(sql)) return select(db, 'SELECT * FROM bindings', id);
    if (/^SHOW CONFIG/i.test(sql)) {
      demand(user, 'CONFIG');
      return select(db, sql.replace(/^SHOW CONFIG/i, 'SELECT * FROM config'), id);
    }
    if (/^SELECT/i.test(sql)) {
      if (/\bmysql\.tidb/i.test(sql) && user === 'blind')
        throw new Refused(1142, `SELECT command denied to user '${user}'@'%' for table 'tidb'`);
      if (/CLUSTER_|TIKV_|DATA_LOCK_WAITS|HOT_REGIONS/i.test(sql)) demand(user, 'PROCESS');
      return select(db, sql, id);
    }
    orders.push(sql);
    return order(db, sql, user);
  }

  mysql.listen(0);
  // The driver does not tell the port of its own server.
  const socket: unknown = Reflect.get(mysql, '_server');
  if (!(socket instanceof TcpServer)) throw new Error('mysql2 has another server than before');
  if (!socket.listening) await once(socket, 'listening');
  const port = portOf(socket);
  const servers = await Promise.all(
    (['tidb', 'pd', 'tikv'] as const).map((component) =>
      serve((path) => componentAnswer(path, component, series, pdAnswers)),
    ),
  );
  const prometheus = await serve((path, query) => prometheusAnswer(path, query, series));
  const [status, pd, tikv] = servers.map((server) => `http://127.0.0.1:${portOf(server)}`);
  return {
    port,
    url: `mysql://watcher:seen@127.0.0.1:${port}/shop`,
    urlFor: (user) => `mysql://${user}:seen@127.0.0.1:${port}/shop`,
    status: status ?? '',
    pd: pd ?? '',
    tikv: tikv ?? '',
    prometheus: `http://127.0.0.1:${portOf(prometheus)}`,
    series,
    pdAnswers,
    orders,
    change: (sql, ...values) => {
      db.prepare(sql).run(...values);
    },
    rows: (sql) => select(db, sql, 0),
    async stop() {
      for (const connection of connections) connection.destroy();
      for (const server of [...servers, prometheus]) server.closeAllConnections();
      await Promise.all([
        new Promise<void>((resolve) => mysql.close(() => resolve())),
        ...[...servers, prometheus].map(
          (server) => new Promise<void>((resolve) => server.close(() => resolve())),
        ),
      ]);
      db.close();
    },
  };
}

/** As PD lists it: a TSO is milliseconds and 18 bits of a counter; the expiry is in seconds. */
export function servicePoint(id: string, at: number, expiredAt: number): Record<string, unknown> {
  return { service_id: id, expired_at: expiredAt, safe_point: at * 2 ** 18 };
}

class Refused extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

function demand(user: string, privilege: string): void {
  const granted = (grants[user] ?? []).join();
  if (granted.includes('ALL PRIVILEGES') || granted.includes(privilege)) return;
  throw new Refused(
    1227,
    `Access denied; you need (at least one of) the ${privilege} privilege(s) for this operation`,
  );
}

function openTables(): DatabaseSync {
  const db = new DatabaseSync(':memory:');
  db.exec("ATTACH ':memory:' AS information_schema; ATTACH ':memory:' AS mysql");
  for (const [name, columns] of Object.entries(tables))
    db.exec(`CREATE TABLE ${name} (${columns.join(', ')})`);
  for (const [name, rows] of Object.entries(wellRows(Date.now()))) {
    for (const row of rows) insert(db, name, row);
  }
  return db;
}

export function insertSql(table: string, row: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(row);
  return `INSERT INTO ${table} (${names.map((name) => `"${name}"`).join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
}

function insert(
  db: DatabaseSync,
  table: string,
  row: Readonly<Record<string, string | number | null>>,
): void {
  db.prepare(insertSql(table, row)).run(...Object.values(row));
}

function select(db: DatabaseSync, sql: string, id: number): Record<string, unknown>[] {
  db.function('CONNECTION_ID', () => id);
  return db.prepare(sql.replace(/\\'/g, "''")).all();
}

/** Statements that change something, as TiDB carries them out. */
function order(db: DatabaseSync, sql: string, user: string): Record<string, unknown>[] | undefined {
  const kill = /^KILL TIDB (QUERY|CONNECTION) (\d+)$/.exec(sql);
  if (kill) {
    demand(user, 'CONNECTION_ADMIN');
    const [, what, id = ''] = kill;
    const gone = `IN (SELECT ID FROM information_schema.CLUSTER_TIDB_TRX WHERE SESSION_ID = '${id}')`;
    db.exec(
      `DELETE FROM information_schema.DATA_LOCK_WAITS WHERE TRX_ID ${gone}` +
        (what === 'QUERY' ? '' : ` OR CURRENT_HOLDING_TRX_ID ${gone}`),
    );
    db.exec(
      what === 'QUERY'
        ? `UPDATE information_schema.CLUSTER_PROCESSLIST SET COMMAND = 'Sleep', TIME = 0, INFO = NULL WHERE ID = '${id}'`
        : `DELETE FROM information_schema.CLUSTER_PROCESSLIST WHERE ID = '${id}'; DELETE FROM information_schema.CLUSTER_TIDB_TRX WHERE SESSION_ID = '${id}'`,
    );
    return undefined;
  }
  const cancel = /^ADMIN CANCEL DDL JOBS (\d+)$/.exec(sql);
  if (cancel) {
    demand(user, 'SUPER');
    const job = select(db, `SELECT * FROM information_schema.DDL_JOBS WHERE JOB_ID = ${cancel[1]}`, 0).at(0);
    if (job === undefined || job.STATE === 'synced')
      return [{ JOB_ID: cancel[1], RESULT: `error: [admin:8211]DDL Job:${cancel[1]} not found` }];
    db.exec(`UPDATE information_schema.DDL_JOBS SET STATE = 'cancelled' WHERE JOB_ID = ${cancel[1]}`);
    db.exec("UPDATE information_schema.DDL_JOBS SET STATE = 'running' WHERE STATE = 'queueing'");
    return [{ JOB_ID: cancel[1], RESULT: 'successful' }];
  }
  const bind = /^CREATE GLOBAL BINDING FROM HISTORY USING PLAN DIGEST '(\w+)'$/.exec(sql);
  if (bind) {
    demand(user, 'SUPER');
    db.prepare(
      "INSERT INTO bindings SELECT DIGEST_TEXT, DIGEST_TEXT, 'enabled', 'history', DIGEST, PLAN_DIGEST FROM information_schema.CLUSTER_STATEMENTS_SUMMARY_HISTORY WHERE PLAN_DIGEST = ? LIMIT 1",
    ).run(bind[1] ?? '');
    return undefined;
  }
  const unbind = /^DROP GLOBAL BINDING FOR SQL DIGEST '(\w+)'$/.exec(sql);
  if (unbind) {
    demand(user, 'SUPER');
    db.prepare('DELETE FROM bindings WHERE Sql_digest = ?').run(unbind[1] ?? '');
    return undefined;
  }
  const set = /^SET GLOBAL (\w+) = '([^']*)'$/.exec(sql);
  if (set) {
    demand(user, 'SYSTEM_VARIABLES_ADMIN');
    const [, name = '', value = ''] = set;
    db.prepare('UPDATE variables SET Value = ? WHERE Variable_name = ?').run(value, name);
    db.prepare('UPDATE mysql.tidb SET VARIABLE_VALUE = ? WHERE VARIABLE_NAME = ?').run(
      value,
      name.replace('tidb_', 'tikv_'),
    );
    return undefined;
  }
  throw new Refused(1064, `You have an error in your SQL syntax: ${sql}`);
}

const numeric = { integer: 8, real: 5, text: 253 } as const;

function writeRows(connection: Connection, rows: readonly Record<string, unknown>[]): void {
  const names = Object.keys(rows[0] ?? { nothing: null });
  const columns = names.map((name) => {
    const value = rows.find((row) => row[name] !== null)?.[name];
    const type = typeof value !== 'number' ? 'text' : Number.isInteger(value) ? 'integer' : 'real';
    const any = rows.some((row) => typeof row[name] === 'number' && !Number.isInteger(row[name]));
    return {
      ...{ catalog: 'def', schema: '', table: '', orgTable: '', name, orgName: name, characterSet: 45 },
      ...{
        columnLength: 1_024,
        columnType: any ? numeric.real : numeric[type],
        flags: 0,
        decimals: any ? 31 : 0,
      },
    };
  });
  // Not in the driver's types.
  const call = (method: string, ...args: unknown[]) =>
    Reflect.apply(Reflect.get(connection, method), connection, args);
  call('writeColumns', columns);
  for (const row of rows)
    call(
      'writeTextRow',
      names.map((name) => (row[name] === null ? null : String(row[name]))),
    );
  connection.writeEof();
}

function serve(answer: (path: string, query: URLSearchParams) => unknown): Promise<Server> {
  const server = createHttp((request, response) => {
    const url = new URL(request.url ?? '/', 'http://here');
    const body = answer(url.pathname, url.searchParams);
    response.writeHead(body === undefined ? 404 : 200, {
      'content-type': typeof body === 'string' ? 'text/plain; version=0.0.4' : 'application/json',
    });
    response.end(typeof body === 'string' ? body : JSON.stringify(body ?? 'not found'));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', () => resolve(server));
  });
}

function portOf(server: TcpServer): number {
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

function componentAnswer(
  path: string,
  component: Component,
  series: ReturnType<typeof wellSeries>,
  pdAnswers: ReadonlyMap<string, unknown>,
): unknown {
  if (path === '/metrics')
    return `${Object.entries(series[component])
      .map(([name, value]) => `${name} ${value}`)
      .join('\n')}\n`;
  if (component === 'tidb' && path === '/status')
    return {
      connections: 40,
      version: '8.0.11-TiDB-v8.5.1',
      git_hash: 'fea86c8e35ad4a86a5e1160701f99493c2ee547c',
    };
  return component === 'pd' ? pdAnswers.get(path) : undefined;
}

/** Instant queries of the form `{__name__=~"a|b"}` alone. */
function prometheusAnswer(
  path: string,
  query: URLSearchParams,
  series: ReturnType<typeof wellSeries>,
): unknown {
  if (path !== '/api/v1/query') return undefined;
  const wanted = new RegExp(`^(${/__name__=~"([^"]*)"/.exec(query.get('query') ?? '')?.[1] ?? '-'})$`);
  const result = Object.entries(series).flatMap(([job, all]) =>
    Object.entries(all).flatMap(([key, value]) => {
      const [, name = '', labels = ''] = /^(\w+)(?:\{(.*)\})?$/.exec(key) ?? [];
      if (!wanted.test(name)) return [];
      const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', text = '']) => [
        label,
        text,
      ]);
      return [
        {
          metric: { __name__: name, job, instance: `${job}-0`, ...Object.fromEntries(pairs) },
          value: [1_700_000_000, String(value)],
        },
      ];
    }),
  );
  return { status: 'success', data: { resultType: 'vector', result } };
}
