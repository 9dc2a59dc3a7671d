/** Redis refuses: memory, clients, snapshots, logins. */
import { chmodSync, statSync } from 'node:fs';
import { Redis } from 'ioredis';
import { messageOf, until } from '../../demo/until.ts';
import type { Drill, Lab, Undo } from '../drill.ts';
import { isShopUnwell } from './feel.ts';
import { injectFault } from './from-demo.ts';
import { needsCommand } from './needs.ts';

const lacks = () => needsCommand('redis-server');
const pages = 2_000;

export const redis: readonly Drill[] = [
  {
    id: 'redis.memory-full',
    row: '23',
    lab: 'shop',
    title: 'A store without eviction is full and refuses writes',
    does: 'SET export:page:<n> of 64 KiB until Redis (maxmemory 8mb, noeviction) answers OOM',
    causes: [[{ diagnosis: 'redis.memory-full', target: 'cache' }]],
    mitigation: 'explain',
    actions: [],
    lacks,
    inject: injectFault('redis-full'),
    symptom: isShopUnwell,
  },
  {
    id: 'redis.clients-exhausted',
    row: '26',
    lab: 'shop',
    title: 'A client that leaks connections leaves none for others',
    does: 'CONFIG SET maxclients 20; idle connections named leak until the server refuses one; the others are cut',
    causes: [
      [
        { diagnosis: 'redis.clients-exhausted', target: 'cache' },
        { diagnosis: 'redis.connections-exhausted', target: 'cache' },
        { diagnosis: 'redis.max-clients', target: 'cache' },
      ],
    ],
    mitigation: 'always',
    actions: ['redis.kill-idle-clients'],
    mayDiffer: ['redis config maxclients'],
    lacks,
    inject: leakClients,
    symptom: isShopUnwell,
  },
  {
    id: 'redis.mass-expiry',
    row: '27',
    lab: 'shop',
    title: 'Most keys expire at once, and lookups find nothing',
    does: `${pages} keys page:<n> that are looked up all the time; EXPIRE of all of them to one second`,
    causes: [[{ diagnosis: 'redis.mass-expiry', target: 'cache' }]],
    // What fills a cache again is the application; a restart of what stands behind it would make it worse.
    mitigation: 'explain',
    actions: [],
    lacks,
    prepare: lookUpPages,
    inject: expirePages,
  },
  {
    id: 'redis.password-changed',
    row: '28',
    lab: 'shop',
    title: 'The password of Redis is changed under everybody',
    does: "CONFIG SET requirepass '<another>'; CLIENT KILL TYPE normal",
    causes: [
      [
        { diagnosis: 'redis.credentials-refused', target: 'cache' },
        { diagnosis: 'http.credentials-refused', target: 'cache' },
      ],
    ],
    mitigation: 'explain',
    actions: [],
    mayDiffer: ['redis innocent client'],
    lacks,
    inject: changePassword,
    symptom: isShopUnwell,
  },
  {
    id: 'redis.bgsave-failing',
    row: '24',
    lab: 'shop',
    title: 'Snapshots cannot be written, so Redis stops writes',
    does: "CONFIG SET save '60 1'; its folder is made read-only for its account; BGSAVE",
    causes: [
      [
        { diagnosis: 'redis.snapshot-failing', target: 'cache' },
        { diagnosis: 'redis.bgsave-failing', target: 'cache' },
        { diagnosis: 'redis.save-failing', target: 'cache' },
        { diagnosis: 'redis.persistence-failing', target: 'cache' },
      ],
    ],
    mitigation: 'explain',
    actions: [],
    mayApply: ['redis.bgsave'],
    lacks: () => needsCommand('redis-server'),
    inject: failSnapshots,
    symptom: isShopUnwell,
  },
  {
    id: 'redis.command-revoked',
    row: '28',
    lab: 'shop',
    title: 'An ACL takes the right to write from everybody',
    does: 'ACL SETUSER default -set',
    causes: [[{ diagnosis: 'redis.commands-refused', target: 'cache' }]],
    mitigation: 'explain',
    actions: [],
    lacks,
    inject: tell(['ACL', 'SETUSER', 'default', '-set'], ['ACL', 'SETUSER', 'default', '+set']),
    symptom: isShopUnwell,
  },
  {
    id: 'redis.writes-paused',
    row: '26',
    lab: 'shop',
    title: 'Writes are held back, as by a failover that nobody ended',
    does: 'CLIENT PAUSE 120000 WRITE',
    causes: [[{ diagnosis: 'redis.clients-paused', target: 'cache' }]],
    mitigation: 'explain',
    actions: [],
    lacks,
    inject: tell(['CLIENT', 'PAUSE', '120000', 'WRITE'], ['CLIENT', 'UNPAUSE']),
    symptom: isShopUnwell,
  },
];

function tell(how: readonly [string, ...string[]], back: readonly [string, ...string[]]): Drill['inject'] {
  return async (lab) => {
    const [command, ...args] = how;
    await redisOf(lab).use((client) => client.call(command, ...args));
    return async () => {
      const [undo, ...rest] = back;
      await redisOf(lab).use((client) => client.call(undo, ...rest));
    };
  };
}

function redisOf({ stack }: Lab) {
  const found = stack.servers.redis;
  if (found === null) throw new Error('this sandbox has no Redis');
  return found;
}

/** Of lookups, as many as say what share of them finds its key. */
const lookupsAtOnce = 100;

async function writePages(lab: Lab): Promise<void> {
  const flat = Array.from({ length: pages }, (_, n) => [`page:${n}`, 'rendered']).flat();
  await redisOf(lab).use((client) => client.mset(...flat));
}

/** The keys stay until the sandbox ends: that they went would be a wave of its own. */
async function lookUpPages(lab: Lab): Promise<Undo> {
  const server = redisOf(lab);
  await writePages(lab);
  let isOver = false;
  const look = async () => {
    for (let first = 0; !isOver; first = (first + lookupsAtOnce) % pages) {
      const names = Array.from({ length: lookupsAtOnce }, (_, n) => `page:${first + n}`);
      await server.use((client) => client.mget(...names)).catch(() => {});
      await lab.clock.sleep(200);
    }
  };
  const looking = look();
  // Long enough to say what was usual.
  await lab.clock.sleep(4_000);
  return async () => {
    isOver = true;
    await looking;
  };
}

async function expirePages(lab: Lab): Promise<Undo> {
  await redisOf(lab).use(async (client) => {
    const all = client.pipeline();
    for (let n = 0; n < pages; n += 1) all.expire(`page:${n}`, 1);
    await all.exec();
  });
  return () => writePages(lab);
}

const mostClients = 20;

async function leakClients(lab: Lab): Promise<Undo> {
  const server = redisOf(lab);
  const leaked: Redis[] = [];
  const undo = async () => {
    // There is no room for another connection until one of these goes, and Upkeep may have ended them.
    const [first] = leaked;
    const isRaised = await first?.config('SET', 'maxclients', '10000').then(
      () => true,
      () => false,
    );
    for (const client of leaked.splice(0)) client.disconnect();
    if (isRaised !== true)
      await until(lab.clock, 'room for a client', 5_000, async () => {
        await server.use((client) => client.config('SET', 'maxclients', '10000'));
        return true;
      });
  };
  const leak = async (): Promise<boolean> => {
    const client = new Redis(server.url, {
      connectionName: 'leak',
      lazyConnect: true,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    });
    client.on('error', () => {});
    leaked.push(client);
    try {
      await client.connect();
      await client.ping();
      return true;
    } catch (error) {
      leaked.pop();
      client.disconnect();
      if (/max number of clients|closed|ECONNRESET/i.test(messageOf(error))) return false;
      throw error;
    }
  };
  try {
    await server.use((client) => client.config('SET', 'maxclients', String(mostClients)));
    while (leaked.length < mostClients && (await leak()));
    // The shop's own connection is cut, as by a restart, and finds no room again.
    const [first] = leaked;
    const list = first === undefined ? '' : String(await first.client('LIST'));
    for (const line of list.split('\n').filter((one) => / name= /.test(one))) {
      const id = /^id=(\d+)/.exec(line)?.[1];
      if (id !== undefined && line.includes('cmd=set')) {
        await first?.client('KILL', 'ID', id);
        await leak();
      }
    }
    return undo;
  } catch (error) {
    await undo().catch(() => {});
    throw error;
  }
}

async function changePassword(lab: Lab): Promise<Undo> {
  const server = redisOf(lab);
  const right = decodeURIComponent(new URL(server.url).password);
  const other = `changed-${right}`;
  await server.use(async (client) => {
    await client.config('SET', 'requirepass', other);
    await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  });
  const changed = new URL(server.url);
  changed.password = other;
  return async () => {
    const client = new Redis(changed.toString(), { lazyConnect: true, retryStrategy: () => null });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.config('SET', 'requirepass', right);
    } finally {
      client.disconnect();
    }
  };
}

async function failSnapshots(lab: Lab): Promise<Undo> {
  const server = redisOf(lab);
  const folder = await server.use(async (client) => {
    const [, dir] = (await client.config('GET', 'dir')) as string[];
    return dir ?? '';
  });
  if (!folder.startsWith(lab.stack.folder)) throw new Error(`${folder} is not in the sandbox`);
  const mode = statSync(folder).mode & 0o777;
  const undo = async () => {
    chmodSync(folder, mode);
    await server.use(async (client) => {
      await client.bgsave().catch(() => {});
      await client.config('SET', 'save', '');
    });
  };
  chmodSync(folder, 0o500);
  await server.use(async (client) => {
    await client.config('SET', 'save', '60 1');
    await client.set('drill:changed', '1', 'EX', 60);
    await client.bgsave();
  });
  return undo;
}
