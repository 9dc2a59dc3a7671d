import { Socket } from 'node:net';
import type { Connection, ConnectionOptions, RowDataPacket } from 'mysql2';
import { isConnectionLost } from './failure.ts';

/** Runs one statement; a text with several statements is refused with 1064. Values are escaped by the driver. */
export type Query = <Row extends object>(
  text: string,
  values?: readonly (string | number)[],
) => Promise<Row[]>;

export interface Place {
  readonly host: string;
  readonly port: number;
  readonly socketPath?: string;
}

/** What is done once after each login, with the server's id of the session. */
export type Greet<Db> = (query: Query, thread: number) => Promise<Db>;

/** What was done at login may have become outdated: a server applies some grants to new sessions only. */
export type IsOutdated<Db> = (db: Db) => Promise<boolean>;

interface Link<Db> {
  readonly connection: Connection;
  readonly socket: Socket;
  readonly thread: number;
  readonly db: Db;
}

/**
 * One connection, made when first needed and made anew after it broke. Jobs take turns. One that has become outdated is
 * replaced before the next job where another login is to be had, and kept where none is.
 */
export class Session<Db> {
  readonly #options: ConnectionOptions;
  readonly #place: Place;
  readonly #greet: Greet<Db>;
  readonly #isOutdated: IsOutdated<Db>;
  #link: Link<Db> | undefined;
  #socket: Socket | undefined;
  #isClosed = false;
  #lastTurn: Promise<unknown> = Promise.resolve();

  constructor(
    options: ConnectionOptions,
    place: Place,
    greet: Greet<Db>,
    isOutdated: IsOutdated<Db> = async () => false,
  ) {
    this.#options = options;
    this.#place = place;
    this.#greet = greet;
    this.#isOutdated = isOutdated;
  }

  get hasPassword(): boolean {
    return (this.#options.password ?? '') !== '';
  }

  /** Our own thread on the server while there is one. */
  get thread(): number | undefined {
    return this.#link?.thread;
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
    const kept = this.#link;
    const isReused = kept !== undefined;
    const made = kept ?? (await this.#connect(signal));
    try {
      const link = isReused && (await this.#isOutdated(made.db)) ? await this.#renewed(made, signal) : made;
      return await job(link.db);
    } catch (error) {
      // After an abort the connection is dropped already, and the next job may have made a new one.
      if (signal.aborted || !isConnectionLost(error)) throw error;
      this.#drop();
      if (!isReused) throw error;
      return await job((await this.#connect(signal)).db);
    }
  }

  /** A new login in place of `kept`; without one, `kept` goes on: it may be the only session that can still look. */
  async #renewed(kept: Link<Db>, signal: AbortSignal): Promise<Link<Db>> {
    const isOver = () => signal.aborted || this.#isClosed;
    try {
      const link = await this.#connect(signal);
      kept.connection.end();
      return link;
    } catch (error) {
      if (isOver()) kept.socket.destroy();
      if (isOver() || kept.socket.destroyed) throw error;
      this.#link = kept;
      this.#socket = kept.socket;
      return kept;
    }
  }

  async #connect(signal: AbortSignal): Promise<Link<Db>> {
    // Loaded when a server is first asked: an Upkeep without any pays no memory for the driver.
    const { createConnection } = await import('mysql2');
    signal.throwIfAborted();
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
      const link = await Promise.race([this.#login(connection, socket), failed.promise]);
      if (this.#socket === socket && !socket.destroyed) this.#link = link;
      return link;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  async #login(connection: Connection, socket: Socket): Promise<Link<Db>> {
    await new Promise<void>((resolve, reject) => {
      connection.once('connect', () => resolve());
      connection.once('error', reject);
    });
    const thread = connection.threadId ?? 0;
    return { connection, socket, thread, db: await this.#greet(queryOf(connection), thread) };
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
