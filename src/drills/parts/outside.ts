/** An application that needs what is outside: a release to run, a partner's API, a database far away, a job at night. */
import { once } from 'node:events';
import { mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { z } from 'zod';
import type { Clock } from '../../core/time.ts';
import { get, send } from '../../demo/http.ts';
import type { Stack } from '../../demo/stack.ts';
import type { Watch } from '../drill.ts';
import { openRoute, type Route } from './route.ts';
import { openSlowWay, type SlowWay } from './slow-way.ts';
import { startTimeServer, type TimeServer } from './time-server.ts';

export interface Outside {
  readonly app: number;
  readonly partner: { readonly port: number; status: number };
  readonly releases: { readonly folder: string; readonly current: string };
  readonly way: SlowWay;
  readonly databaseUrl: string;
  readonly time: TimeServer;
  /** Undefined where this machine lets nobody make one. */
  readonly route: Route | undefined;
  /** Reports each second that it ran, while it does. */
  readonly job: { runs: boolean; begin(watch: Watch): Promise<void> };
  /** What a program says that finds no local port any more; null while it finds one. */
  noPort: string | null;
  switchTo(release: 'r1' | 'r2'): void;
  stop(): Promise<void>;
}

const madeAddress = z.object({ url: z.string() });
/** The new release fails so often. */
const failsEvery = 3;
const partnerBodies: Readonly<Record<number, string>> = {
  200: '{"charged":true}',
  429: '{"error":"rate limit exceeded"}',
};

export async function startOutside(stack: Stack, clock: Clock): Promise<Outside> {
  const home = join(stack.folder, 'delivery');
  const releases = { folder: join(home, 'releases'), current: join(home, 'current') };
  for (const name of ['r1', 'r2']) mkdirSync(join(releases.folder, name), { recursive: true });
  symlinkSync(join(releases.folder, 'r1'), releases.current);
  const { postgres } = stack.servers;
  const way = await openSlowWay(clock, postgres.port);
  const far = new URL(postgres.url('upkeep'));
  far.port = String(way.port);
  const pool = new pg.Pool({
    connectionString: Object.assign(new URL(postgres.url('app')), { port: String(way.port) }).toString(),
    application_name: 'far-app',
    max: 2,
    connectionTimeoutMillis: 5_000,
  });
  pool.on('error', () => {});
  const partner = { port: 0, status: 200 };
  const theirs = await listen((_, response) => {
    response.writeHead(partner.status, { 'content-type': 'application/json' });
    response.end(partnerBodies[partner.status] ?? '{"error":"internal"}');
  });
  partner.port = theirs.port;
  let served = 0;
  const app: RequestListener = async (request, response) => {
    const say = (status: number, body: object, headers = {}) =>
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(JSON.stringify(body));
    if (request.url === '/pay') {
      if (outside.noPort !== null) return say(500, { error: outside.noPort });
      const { status } = await get(`http://127.0.0.1:${partner.port}/charge`, 1_000).catch(() => ({
        status: 504,
      }));
      return status === 200
        ? say(200, { paid: true })
        : say(502, { error: `Request failed with status code ${status}` });
    }
    if (request.url === '/orders') {
      const { rows } = await pool
        .query('select id from orders where id = 1')
        .catch((error: Error) => ({ rows: [{ error: error.message }] }));
      return say(200, rows[0] ?? {});
    }
    const release = readlinkSync(releases.current).split('/').at(-1) ?? '';
    const fails = release === 'r2' && served++ % failsEvery === 0;
    return say(fails ? 500 : 200, fails ? { error: 'TypeError: cart is undefined' } : { status: 'ok' }, {
      'x-version': release,
    });
  };
  const route = process.getuid?.() === 0 ? await openRoute(stack, clock).catch(() => undefined) : undefined;
  let isOver = false;
  let reporting: Promise<void> | undefined;
  const reportRuns = async (url: string) => {
    while (!isOver) {
      if (outside.job.runs) await send('POST', `${url}/0`, 2_000).catch(() => {});
      await clock.sleep(1_000);
    }
  };
  const own = await listen(app);
  const beyond = route
    ? await listen((_, response) => response.end('here'), route.exit, route.port)
    : undefined;
  const outside: Outside = {
    app: own.port,
    partner,
    releases,
    way,
    databaseUrl: far.toString(),
    time: await startTimeServer(clock),
    route,
    job: {
      runs: true,
      async begin(watch) {
        const { url } = madeAddress.parse(await watch.call('heartbeat.create', { target: 'nightly' }));
        reporting = reportRuns(url);
        await send('POST', `${url}/0`, 2_000);
      },
    },
    noPort: null,
    switchTo(release) {
      symlinkSync(join(releases.folder, release), `${releases.current}.next`);
      renameSync(`${releases.current}.next`, releases.current);
    },
    async stop() {
      isOver = true;
      await reporting;
      await pool.end().catch(() => {});
      for (const each of [
        own,
        theirs,
        way,
        outside.time,
        ...(beyond ? [beyond] : []),
        ...(route ? [route] : []),
      ])
        await each.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
  return outside;
}

async function listen(answer: RequestListener, host = '127.0.0.1', port = 0) {
  const server = createServer(answer);
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
