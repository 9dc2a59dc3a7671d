/**
 * The demo's small shop, a program of its own: `node api.ts settings.json`.
 * Orders live in PostgreSQL, reservations in Redis. Writes its pid once it listens; SIGHUP reloads its certificate.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { Redis } from 'ioredis';
import pg from 'pg';

export interface ApiSettings {
  readonly port: number;
  readonly pidFile: string;
  readonly database: { readonly url: string; readonly poolSize: number };
  readonly redis: string | null;
  readonly tls: { readonly port: number; readonly certificate: string; readonly key: string } | null;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

type Shop = ReturnType<typeof openShop>;

function openShop(settings: ApiSettings) {
  const pool = new pg.Pool({
    connectionString: settings.database.url,
    application_name: 'shop-api',
    max: settings.database.poolSize,
    connectionTimeoutMillis: 1_000,
    idleTimeoutMillis: 10_000,
    // Sessions are renewed often, as many poolers do: trouble with logging in shows within seconds.
    maxLifetimeSeconds: 3,
  });
  pool.on('error', () => {});
  // The pool listens to idle clients only: one that is ended while it is in use may err twice, which would end the API.
  pool.on('connect', (client) => void client.on('error', () => {}));
  const redis =
    settings.redis === null
      ? null
      : new Redis(settings.redis, {
          connectTimeout: 1_000,
          commandTimeout: 1_000,
          maxRetriesPerRequest: 0,
          retryStrategy: () => 250,
        });
  redis?.on('error', () => {});

  // @types/pg does not know query_timeout of a single query.
  const probe: pg.QueryConfig & { query_timeout: number } = { text: 'select 1', query_timeout: 1_000 };

  async function reserve(id: number): Promise<void> {
    await redis?.set(`reservation:${id}`, `held for order ${id}`, 'EX', 60);
  }

  return {
    async health(): Promise<Reply> {
      const [db, store] = await Promise.all([
        pool.query(probe).then(() => 'ok', textOf),
        redis === null ? 'none' : redis.set('health', '1', 'EX', 60).then(() => 'ok', textOf),
      ]);
      const isWell = db === 'ok' && (store === 'ok' || store === 'none');
      return { status: isWell ? 200 : 503, body: { status: isWell ? 'ok' : 'failing', db, redis: store } };
    },
    async read(id: number): Promise<Reply> {
      const { rows } = await pool.query('select id, customer, item, quantity from orders where id = $1', [
        id,
      ]);
      return rows[0] === undefined
        ? { status: 404, body: { error: `no order ${id}` } }
        : { status: 200, body: rows[0] };
    },
    async change(id: number): Promise<Reply> {
      const client = await pool.connect();
      let broken: Error | undefined;
      try {
        await client.query('begin');
        await client.query('update orders set quantity = quantity % 100 + 1 where id = $1', [id]);
        await client.query('commit');
      } catch (error) {
        await client.query('rollback').catch((cause: Error) => {
          broken = cause;
        });
        throw error;
      } finally {
        client.release(broken);
      }
      await reserve(id);
      return { status: 200, body: { id, status: 'changed' } };
    },
  };
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? `${error.code} ` : '';
  return error.message.includes(code.trim()) ? error.message : `${code}${error.message}`;
}

function answerWith(shop: Shop) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const reply = await route(shop, request.method ?? 'GET', request.url ?? '/').catch(
      (error: unknown): Reply => ({ status: 503, body: { error: textOf(error) } }),
    );
    response.writeHead(reply.status, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(reply.body)}\n`);
  };
}

async function route(shop: Shop, method: string, url: string): Promise<Reply> {
  if (url === '/live') return { status: 200, body: { status: 'live' } };
  if (url === '/health') return shop.health();
  const id = Number(/^\/orders\/(\d{1,9})$/.exec(url)?.[1] ?? Number.NaN);
  if (Number.isNaN(id)) return { status: 404, body: { error: `nothing at ${url}` } };
  if (method === 'GET') return shop.read(id);
  if (method === 'POST') return shop.change(id);
  return { status: 405, body: { error: `${method} is not known here` } };
}

function serve(settings: ApiSettings): void {
  const answer = answerWith(openShop(settings));
  const server = createServer((request, response) => void answer(request, response));
  if (settings.tls !== null) {
    const { port, certificate, key } = settings.tls;
    const load = () => ({ cert: readFileSync(certificate), key: readFileSync(key) });
    const secure = createTlsServer(load(), (request, response) => void answer(request, response));
    secure.listen(port, '127.0.0.1');
    process.on('SIGHUP', () => secure.setSecureContext(load()));
  }
  server.listen(settings.port, '127.0.0.1', () => writeFileSync(settings.pidFile, `${process.pid}\n`));
  process.on('SIGTERM', () => process.exit(0));
}

const file = process.argv[2];
if (file !== undefined && import.meta.main) serve(JSON.parse(readFileSync(file, 'utf8')));
