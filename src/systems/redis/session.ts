import type { Redis, RedisOptions } from 'ioredis';
import { isConnectionLost, isServerFull, messageOf } from './failure.ts';
import { createOwnRefusals } from './own-refusals.ts';

/** Sends one command; the answer has whatever shape Redis gives it. */
export type Ask = (command: string, ...args: readonly (string | number)[]) => Promise<unknown>;

export interface Login {
  readonly options: RedisOptions;
  readonly username: string;
  readonly password: string;
  readonly database: number;
}

interface Opening {
  redis?: Redis;
  readonly ready: Promise<Redis>;
}

/**
 * One connection, made when first needed and made anew after it broke. Nothing is queued while there is
 * none and nothing is tried again on its own: a probe says what it found and the next one tries.
 */
export class Session {
  readonly #login: Login;
  #redis: Redis | undefined;
  /** A job on it ran out of time; kept until another is open, as a full server would let nobody in again. */
  #doubted: Redis | undefined;
  #opening: Opening | undefined;
  #isClosed = false;
  #drops = 0;
  /** What this session was refused by an ACL. */
  readonly refusals = createOwnRefusals();

  constructor(login: Login) {
    this.#login = login;
  }

  /**
   * Runs `job`; when `signal` aborts, rejects with its reason at once, and the next job gets a new connection, or this
   * one again where the server takes no further client. A job that finds the connection lost (the server was restarted
   * since) is run once more on a new one.
   */
  async use<T>(signal: AbortSignal, job: (ask: Ask) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([this.#run(signal, job), aborted.promise]);
    } catch (error) {
      if (signal.aborted) this.#replace();
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** For good: what is under way is cut off and not tried again. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#drop();
    return Promise.resolve();
  }

  async #run<T>(signal: AbortSignal, job: (ask: Ask) => Promise<T>): Promise<T> {
    const isReused = this.#redis !== undefined;
    const drops = this.#drops;
    let redis: Redis | undefined;
    try {
      redis = await this.#open();
      return await job(this.#askOf(redis, signal));
    } catch (error) {
      if (signal.aborted || !isConnectionLost(error)) throw error;
      // A job beside this one that ran out of time took the connection down with it: that says nothing of the server.
      const isTaken = this.#drops !== drops;
      if (redis !== undefined && this.#redis === redis) this.#drop();
      if (!isReused && !isTaken) throw error;
      return await job(this.#askOf(await this.#open(), signal));
    }
  }

  /** Jobs that come at the same time share one opening. */
  #open(): Promise<Redis> {
    if (this.#isClosed) return Promise.reject(new Error('the session was closed'));
    if (this.#redis !== undefined) return Promise.resolve(this.#redis);
    if (this.#opening === undefined) {
      const ready = this.#make().then((redis) => {
        // Dropped while the driver was loaded.
        if (this.#opening !== opening) throw new Error('Connection is closed.');
        opening.redis = redis;
        return this.#connect(redis);
      });
      const opening: Opening = { ready };
      this.#opening = opening;
    }
    return this.#opening.ready;
  }

  /** The driver costs megabytes that an Upkeep without Redis has no use for. */
  async #make(): Promise<Redis> {
    const { Redis } = await import('ioredis');
    return new Redis({
      ...this.#login.options,
      lazyConnect: true,
      enableOfflineQueue: false,
      enableReadyCheck: false,
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
      disableClientInfo: true,
      // Old and new servers alike; RESP3 would change the shape of answers.
      protocol: 2,
    });
  }

  async #connect(redis: Redis): Promise<Redis> {
    let cause: unknown;
    redis.on('error', (error: unknown) => {
      cause ??= error;
    });
    redis.on('end', () => {
      if (this.#redis === redis) this.#redis = undefined;
      if (this.#doubted === redis) this.#doubted = undefined;
    });
    try {
      await redis.connect();
      await this.#greet(redis);
      if (this.#opening?.redis === redis) this.#redis = redis;
      this.#letGo();
      return redis;
    } catch (error) {
      redis.disconnect();
      // ioredis rejects with a general "Connection is closed." and emits why.
      const why = isConnectionLost(error) && cause !== undefined ? cause : error;
      const kept = this.#doubted;
      if (kept === undefined || this.#opening?.redis !== redis || !isServerFull(messageOf(why))) throw why;
      this.#doubted = undefined;
      this.#redis = kept;
      return kept;
    } finally {
      if (this.#opening?.redis === redis) this.#opening = undefined;
    }
  }

  /** By hand, because the driver would say what goes wrong here only in events. */
  async #greet(redis: Redis): Promise<void> {
    const { username, password, database } = this.#login;
    if (password !== '') await redis.call('AUTH', ...(username === '' ? [password] : [username, password]));
    if (database !== 0) await redis.call('SELECT', database);
    await redis.call('CLIENT', 'SETNAME', 'upkeep').catch((error: unknown) => {
      // A name is a courtesy that an ACL or a busy server may deny; anything else is an answer to the login.
      if (!/^(NOPERM|BUSY|MASTERDOWN|ERR unknown)/.test(messageOf(error))) throw error;
    });
  }

  #drop(): void {
    this.#doubt();
    this.#letGo();
  }

  /** Jobs beside the one that ran out of time go over to the new connection as soon as it is there. */
  #replace(): void {
    this.#doubt();
    // Why it does not open, the next job is told.
    if (this.#doubted !== undefined && !this.#isClosed) this.#open().catch(() => {});
  }

  #doubt(): void {
    this.#drops++;
    this.#opening?.redis?.disconnect();
    this.#opening = undefined;
    if (this.#redis === undefined) return;
    this.#letGo();
    this.#doubted = this.#redis;
    this.#redis = undefined;
  }

  #letGo(): void {
    this.#doubted?.disconnect();
    this.#doubted = undefined;
  }

  /** A job that ran out of time sends nothing more, though its connection may be kept. */
  #askOf(redis: Redis, signal: AbortSignal): Ask {
    return async (command, ...args) => {
      signal.throwIfAborted();
      const failed = this.refusals.sending(command);
      try {
        return await redis.call(command, ...args);
      } catch (error) {
        failed(error);
        throw error;
      }
    };
  }
}
