import { Socket } from 'node:net';
import { type Connection, type ConnectionOptions, createConnection, type RowDataPacket } from 'mysql2';
import { isConnectionLost } from './failure.ts';
import { type Privileges, readPrivileges } from './privileges.ts';
import { readVersion, type Version } from './version.ts';

/** Runs one statement; a text with several statements is refused with 1064. Values are escaped by the driver. */
export type Query = <Row extends object>(
  text: string,
  values?: readonly (string | number)[],
) => Promise<Row[]>;

export interface Db {
  readonly query: Query;
  readonly version: Version;
  /** Of this session on the server. */
  readonly thread: number;
  /** Global privileges, as they were at login: later grants count from the next login, on the server too. */
  privileges(): Promise<Privileges>;
}

interface Link {
  readonly connection: Connection;
  readonly db: Db;
}

export interface Place {
  readonly host: string;
  readonly port: number;
  readonly socketPath?: string;
}

/** One connection, made when first needed and made anew after it broke. Jobs take turns. */
export class Session {
  readonly #options: ConnectionOptions;
  readonly #place: Place;
  #link: Link | undefined;
  #socket: Socket | undefined;
  #isClosed = false;
  #lastTurn: Promise<unknown> = Promise.resolve();

  constructor(options: ConnectionOptions, place: Place) {
    this.#options = options;
    this.#place = place;
  }

  get hasPassword(): boolean {
    return (this.#options.password ?? '') !== '';
  }

  /** Our own thread on the server while there is one. */
  get thread(): number | undefined {
    return this.#link?.db.thread;
  }

  /**
   * Runs `job` when those before it are done. When `signal` aborts, rejects with its reason at once and
   * drops the connection, so that a server that hangs holds nobody up. A job that finds the connection
   * lost (the server was restarted since) is run once more on a new one, so it must be repeatable.
   */
  async use<T>(signal: AbortSignal, job: (db: Db) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const turn = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const before = this.#lastTurn;
    this.#lastTurn = before.then(() => turn.promise);
    try {
      await Promise.race([before, aborted.promise]);
      try {
        return await Promise.race([this.#run(signal, job), aborted.promise]);
      } catch (error) {
        if (signal.aborted) this.#drop();
        throw error;
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      turn.resolve();
    }
  }

  /** For good: what is under way is cut off and not tried again. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#drop();
    await this.#lastTurn;
  }

  async #run<T>(signal: AbortSignal, job: (db: Db) => Promise<T>): Promise<T> {
    const isReused = this.#link !== undefined;
    const link = this.#link ?? (await this.#connect());
    try {
      return await job(link.db);
    } catch (error) {
      // After an abort the connection is dropped already, and the next job may have made a new one.
      if (signal.aborted || !isConnectionLost(error)) throw error;
      this.#drop();
      if (!isReused) throw error;
      return await job((await this.#connect()).db);
    }
  }

  async #connect(): Promise<Link> {
    if (this.#isClosed) throw new Error('the session was closed');
    // The socket is ours so that it can be destroyed whatever state the driver is in.
    const socket = new Socket();
    this.#socket = socket;
    const failed = Promise.withResolvers<never>();
    socket.once('error', failed.reject);
    socket.once('close', () => failed.reject(lost()));
    failed.promise.catch(() => {});
    const { host, port, socketPath } = this.#place;
    if (socketPath === undefined) socket.connect(port, host);
    else socket.connect(socketPath);
    socket.setKeepAlive(true);
    const connection = createConnection({ ...this.#options, stream: socket });
    const forget = () => {
      if (this.#link?.connection === connection) this.#link = undefined;
    };
    connection.on('error', forget);
    connection.on('end', forget);
    socket.once('close', forget);
    try {
      const db = await Promise.race([greet(connection), failed.promise]);
      const link = { connection, db };
      if (this.#socket === socket && !socket.destroyed) this.#link = link;
      return link;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  #drop(): void {
    this.#link = undefined;
    this.#socket?.destroy();
    this.#socket = undefined;
  }
}

function lost(): Error {
  return Object.assign(new Error('the server closed the connection'), { code: 'PROTOCOL_CONNECTION_LOST' });
}

async function greet(connection: Connection): Promise<Db> {
  await new Promise<void>((resolve, reject) => {
    connection.once('connect', () => resolve());
    connection.once('error', reject);
  });
  const query = queryOf(connection);
  const [row] = await query<{ version: string }>('SELECT VERSION() AS version');
  const version = readVersion(row?.version ?? '');
  for (const setting of settingsOf(version)) await query(setting);
  let privileges: Promise<Privileges> | undefined;
  return {
    query,
    version,
    thread: connection.threadId ?? 0,
    privileges() {
      privileges ??= readPrivileges(query);
      return privileges;
    },
  };
}

/** They bound our cost; they are no protection, which is the account's few rights. */
function settingsOf(version: Version): string[] {
  const limit = version.isMariaDb ? 'max_statement_time = 10' : 'max_execution_time = 10000';
  return [
    `SET SESSION ${limit}, lock_wait_timeout = 1, innodb_lock_wait_timeout = 1, autocommit = 1`,
    'SET SESSION TRANSACTION READ ONLY',
  ];
}

function queryOf(connection: Connection): Query {
  return <Row extends object>(text: string, values: readonly (string | number)[] = []) =>
    new Promise<Row[]>((resolve, reject) => {
      connection.query<(Row & RowDataPacket)[]>(text, [...values], (error, rows) => {
        if (error) reject(error);
        // Statements without rows answer with one object.
        else resolve(Array.isArray(rows) ? rows : []);
      });
    });
}
