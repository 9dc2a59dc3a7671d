import { readFile, readlink } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe, ProbeContext } from '../../../core/system.ts';
import { lookupName } from '../../../machine/network/lookup.ts';
import { destination, notPermitted, observe, type RedisConnection, strangerAnswer } from '../client.ts';
import {
  isProtectedMode,
  isUnsupported,
  keeperOf,
  opennessOf,
  reachOfAddress,
  reachOfServer,
} from '../exposure.ts';
import { isNotPermitted, isUnknownCommand, messageOf } from '../failure.ts';
import { type Info, readInfo } from '../info.ts';
import { forkRoom, localServer } from '../place.ts';
import { readSettings } from '../settings.ts';

const open = 'redis.security.open';
const loose = 'redis.security.loose';
const oldRelease = 'redis.security.unsupported';
type Settings = ReadonlyMap<string, string>;

export const security: Probe<RedisConnection> = {
  id: 'redis.security',
  summary: 'Who gets in without a login, what goes unencrypted, how the machine is set up for it',
  atMostEveryMs: 600_000,
  metrics: {
    [open]: {
      summary:
        'Who may send commands without a login: 0 nobody from elsewhere, 1 a private network, 2 everybody',
      unit: 'state',
      kind: 'gauge',
    },
    'redis.security.plaintext': {
      summary:
        'Our own way to it is without TLS: 0 on this machine or with TLS, 1 on a private network, 2 beyond it',
      unit: 'state',
      kind: 'gauge',
    },
    [loose]: {
      summary:
        'Settings by which whoever may configure it gets at the machine: DEBUG, MODULE, protected ones',
      unit: 'count',
      kind: 'gauge',
    },
    [oldRelease]: {
      summary: '1 for a release that gets no fixes any more, unless a distribution packages it',
      unit: 'state',
      kind: 'gauge',
    },
    'redis.machine.unfit': {
      summary: 'Kernel settings that disturb it, where it runs on this machine: overcommit, huge pages',
      unit: 'count',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async (ask) => {
      const info = await readInfo(ask, 'server', 'replication');
      const missing: Missing[] = [];
      const settings = await readSettings(ask, '*').catch((error: unknown) => {
        if (!isNotPermitted(error) && !isUnknownCommand(error)) throw error;
        if (isNotPermitted(error)) missing.push(notPermitted(error, conn, [loose]));
        return undefined;
      });
      const age = await unsupported(conn, info);
      if ('reason' in age) missing.push(age);
      return {
        readings: [
          ...(await openness(conn, ctx, settings, info)),
          await plaintext(conn),
          ...(settings === undefined ? [] : [looseIn(settings)]),
          ...('metric' in age ? [age] : []),
          ...(await unfit(conn, settings, info)),
        ],
        missing,
      };
    }),
};

const told = (metric: string, value: number, detail: string): Reading => ({
  metric,
  value,
  ...(value === 0 ? {} : { about: { detail } }),
});

async function addressesOf(conn: RedisConnection): Promise<string[]> {
  const found = await lookupName(destination(conn.config).host).catch(() => []);
  return found.map(({ address }) => address);
}

async function openness(
  conn: RedisConnection,
  ctx: ProbeContext,
  settings: Settings | undefined,
  info: Info,
): Promise<Reading[]> {
  const asked = await addressesOf(conn);
  const isHere = (await localServer(conn).catch(() => undefined)) !== undefined;
  const mine = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
  const bind = settings?.get('bind');
  const reach = reachOfServer(bind, isHere ? [...asked, ...mine] : asked);
  const value = opennessOf({
    reach,
    stranger: await answerToStranger(conn, ctx, ['PING']),
    isAskedFromLoopback: asked.some((address) => reachOfAddress(address) === 'loopback'),
    isProtected: isProtectedMode(settings?.get('protected-mode'), bind, info.text('redis_version') ?? ''),
  });
  if (value === undefined) return [];
  const mayConfigure =
    value > 0 &&
    !/^(NOPERM|ERR)/.test((await answerToStranger(conn, ctx, ['CONFIG', 'GET', 'port'])) ?? 'ERR');
  const where = value === 2 ? 'everybody who reaches it' : 'everybody on its network';
  const detail = `${where} may send commands without a login${mayConfigure ? ', CONFIG among them, by which the machine can be taken over' : ''}${bind === undefined ? '' : `; bind ${bind === '' ? 'is not set' : bind}`}`;
  return [told(open, value, detail)];
}

/** Undefined where no answer came: that says nothing of who gets in. */
async function answerToStranger(
  conn: RedisConnection,
  ctx: ProbeContext,
  words: readonly [string, ...string[]],
): Promise<string | undefined> {
  try {
    return await strangerAnswer(conn, destination(conn.config), ctx.signal, words);
  } catch (error) {
    return /^(ERR|WRONGPASS)\b|certificate/i.test(messageOf(error)) ? messageOf(error) : undefined;
  }
}

async function plaintext(conn: RedisConnection): Promise<Reading> {
  const metric = 'redis.security.plaintext';
  if (new URL(conn.config.url).protocol === 'rediss:') return told(metric, 0, '');
  const reach = (await addressesOf(conn)).map(reachOfAddress);
  const value = reach.includes('public') ? 2 : reach.includes('private') ? 1 : 0;
  return told(
    metric,
    value,
    'password and data go over the network unencrypted: the url begins with redis://',
  );
}

function looseIn(settings: Settings): Reading {
  const names = ['enable-protected-configs', 'enable-debug-command', 'enable-module-command'];
  const found = names.filter((name) => settings.get(name) === 'yes');
  return told(loose, found.length, found.map((name) => `${name} yes`).join(', '));
}

async function unsupported(conn: RedisConnection, info: Info): Promise<Reading | Missing> {
  const version = info.text('redis_version') ?? '';
  const isValkey = info.text('server_name') === 'valkey' || info.text('valkey_version') !== undefined;
  const server = await localServer(conn).catch(() => undefined);
  const running = server && (await readlink(`/proc/${server.pid}/exe`).catch(() => undefined));
  const keeper = keeperOf(running, info.text('executable') ?? '');
  const isOld = isUnsupported({ version, isValkey, keeper });
  if (isOld === undefined)
    return {
      metrics: [oldRelease],
      reason: `whether Redis ${version} is the package of a distribution, which patches it, cannot be told from here`,
      remedy: `on its machine: readlink /proc/${info.text('process_id') ?? 'PID'}/exe, then dpkg -S or rpm -qf of that path`,
    };
  return told(oldRelease, isOld ? 1 : 0, `Redis ${version} gets no fixes any more`);
}

/** Only where it matters: a server that never forks needs no overcommit, and newer ones turn huge pages off themselves. */
async function unfit(conn: RedisConnection, settings: Settings | undefined, info: Info): Promise<Reading[]> {
  if (settings === undefined || (await localServer(conn).catch(() => undefined)) === undefined) return [];
  const forks =
    settings.get('save') !== '' ||
    settings.get('appendonly') === 'yes' ||
    (info.number('connected_slaves') ?? 0) > 0;
  const { overcommit } = await forkRoom();
  const pages = await readFile('/sys/kernel/mm/transparent_hugepage/enabled', 'utf8').catch(() => '');
  const found = [
    ...(forks && overcommit === 0
      ? ['vm.overcommit_memory is 0: a fork may be refused although memory is free']
      : []),
    ...(pages.includes('[always]') && settings.get('disable-thp') !== 'yes'
      ? ['transparent huge pages are on: memory and latency rise after each fork']
      : []),
  ];
  return [told('redis.machine.unfit', found.length, found.join('; '))];
}
