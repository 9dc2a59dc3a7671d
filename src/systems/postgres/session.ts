import { Socket } from 'node:net';
import { Client, type ClientConfig, type QueryConfig, type QueryResultRow } from 'pg';
import { codeOf } from '../../machine/network/error-code.ts';
import { isConnectionLost } from './failure.ts';

/** Runs one statement by the extended protocol; a text with several statements is refused with 42601. */
export type Query = <Row extends QueryResultRow>(text: string, values?: readonly unknown[]) => Promise<Row[]>;

interface Link {
  readonly client: Client;
  readonly socket: Socket;
}

/** When the newest job is done; sessions may share it. */
export interface Turns {
  last: Promise<unknown>;
}

/** One connection, made when first needed and made anew after it broke. Jobs take turns. */
export class Session {
  readonly #config: ClientConfig;
  readonly #isKept: boolean;
  readonly #holdsOn: boolean;
  #link: Link | undefined;
  /** A job on it ran out of time; kept until another is open, as a full server would let nobody in again. */
  #doubted: Link | undefined;
  #isClosed = false;
  readonly #turns: Turns;
  /** Of the newest logins, on the server. */
  readonly #pids: number[] = [];

  /** Whether the url holds a password; the environment's PGPASSWORD is not ours to count on. */
  readonly hasPassword: boolean;

  /**
   * A session that is not kept logs in for each job and leaves after it. One that holds on keeps its connection after a job
   * that ran out of time while the server has no slot for another: none of its jobs may leave anything behind in it.
   * Sessions that share their turns are never open at once.
   */
  constructor(
    config: ClientConfig,
    {
      isKept = true,
      holdsOn = false,
      turns = { last: Promise.resolve() },
    }: { isKept?: boolean; holdsOn?: boolean; turns?: Turns } = {},
  ) {
    this.#turns = turns;
    this.#config = config;
    this.#isKept = isKept;
    this.#holdsOn = holdsOn;
    const { connectionString = '' } = config;
    this.hasPassword = URL.canParse(connectionString) && new URL(connectionString).password !== '';
  }

  /**
   * Runs `job` when those before it are done. When `signal` aborts, rejects with its reason at once, so that a server
   * that hangs holds nobody up; the next job gets a new connection, or where it holds on the same while the server has no
   * slot for another. A job that finds the connection lost (the server was restarted since) is run once more on a new one, so it
   * must be repeatable.
   */
  async use<T>(signal: AbortSignal, job: (query: Query) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const turn = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const before = this.#turns.last;
    this.#turns.last = before.then(() => turn.promise);
    try {
      await Promise.race([before, aborted.promise]);
      try {
        return await Promise.race([this.#run(signal, job), aborted.promise]);
      } catch (error) {
        if (signal.aborted) this.#doubt();
        throw error;
      } finally {
        if (!this.#isKept) await Promise.race([this.#leave(), aborted.promise.catch(() => {})]);
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
    this.#letGo();
    await this.#turns.last;
  }

  async #run<T>(signal: AbortSignal, job: (query: Query) => Promise<T>): Promise<T> {
    const isReused = this.#link !== undefined;
    const link = this.#link ?? (await this.#open());
    try {
      return await job(queryOf(link.client, signal));
    } catch (error) {
      // After an abort the connection is dropped already, and the next job may have made a new one.
      if (signal.aborted || !isConnectionLost(error)) throw error;
      this.#drop();
      if (!isReused) throw error;
      return await job(queryOf((await this.#open()).client, signal));
    }
  }

  async #open(): Promise<Link> {
    try {
      const link = await this.#connect();
      this.#letGo();
      return link;
    } catch (error) {
      const kept = this.#doubted;
      if (kept === undefined || codeOf(error) !== tooManyConnections) throw error;
      this.#doubted = undefined;
      this.#link = kept;
      return kept;
    }
  }

  async #connect(): Promise<Link> {
    if (this.#isClosed) throw new Error('the session was closed');
    // The socket is ours so that it can be destroyed whatever state the client is in.
    const socket = new Socket();
    const client = new Client({ ...this.#config, stream: () => socket });
    const link = { client, socket };
    const forget = () => {
      if (this.#link === link) this.#link = undefined;
      if (this.#doubted === link) this.#doubted = undefined;
    };
    client.on('error', forget);
    client.on('end', forget);
    this.#link = link;
    try {
      await client.connect();
      ready.add(link);
    } catch (error) {
      forget();
      socket.destroy();
      throw error;
    }
    this.#pids.push(...pidOf(client));
    this.#pids.splice(0, this.#pids.length - mostPids);
    return link;
  }

  /** Whether the server gave one of our last logins this process: what it writes then may come after we have left. */
  hadPid(pid: number): boolean {
    return this.#pids.includes(pid);
  }

  /** The next in turn comes when this one is gone, so that a role never has both. */
  async #leave(): Promise<void> {
    const link = this.#link;
    this.#link = undefined;
    await link?.client.end().catch(() => {});
  }

  #doubt(): void {
    const link = this.#link;
    if (!this.#holdsOn || link === undefined || !ready.has(link)) {
      this.#drop();
      return;
    }
    this.#letGo();
    this.#doubted = link;
    this.#link = undefined;
  }

  #letGo(): void {
    this.#doubted?.socket.destroy();
    this.#doubted = undefined;
  }

  #drop(): void {
    const link = this.#link;
    this.#link = undefined;
    link?.socket.destroy();
  }
}

const mostPids = 8;
/** SQLSTATE: no slot is left, or none for this role. */
const tooManyConnections = '53300';
/** Links that have logged in. */
const ready = new WeakSet<Link>();

/** @types/pg does not know processID, which node-postgres keeps for cancelling. */
function pidOf(client: object): number[] {
  return 'processID' in client && typeof client.processID === 'number' ? [client.processID] : [];
}

/** @param signal a job that ran out of time sends nothing more, though its connection may be kept */
export function queryOf(client: Client, signal?: AbortSignal): Query {
  return async <Row extends QueryResultRow>(text: string, values: readonly unknown[] = []) => {
    signal?.throwIfAborted();
    // @types/pg does not know queryMode, which node-postgres documents since 8.12.
    const query: QueryConfig & { queryMode: 'extended' } = {
      text,
      values: [...values],
      queryMode: 'extended',
    };
    return (await client.query<Row>(query)).rows;
  };
}
