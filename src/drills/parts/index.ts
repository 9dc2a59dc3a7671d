/** What a lab has beside the demo's stack, with the targets that watch it. */
import type { SystemEntry } from '../../core/system.ts';
import type { Clock } from '../../core/time.ts';
import { haproxy, locate } from '../../demo/optional.ts';
import type { Stack } from '../../demo/stack.ts';
import type { More } from '../configuration.ts';
import type { Lab, LabName, Watch } from '../drill.ts';
import { containerNames, startContainers } from './containers.ts';
import { mountDisk } from './disk.ts';
import { startMariadb } from './mariadb.ts';
import { startNames } from './names.ts';
import { nginxServer, startNginx } from './nginx.ts';
import { startOutside } from './outside.ts';
import { startPair } from './pair.ts';
import { startRabbitmq } from './rabbitmq.ts';
import { startTwins } from './twins.ts';
import { startVault, vaultPlan, vaultTarget } from './vault.ts';

export interface Parts extends More {
  readonly parts: Pick<
    Lab,
    | 'mariadb'
    | 'rabbitmq'
    | 'containers'
    | 'outside'
    | 'pair'
    | 'nginx'
    | 'names'
    | 'disk'
    | 'twins'
    | 'vault'
  >;
  /** Called once Upkeep watches, before any drill. */
  begin?(watch: Watch): Promise<void>;
  /** Those that are processes of the stack end with it. */
  stop(): Promise<void>;
}

const every = '1s';
const nothing = { stop: async () => {} };

export async function startParts(
  name: LabName,
  stack: Stack,
  clock: Clock,
  systems: readonly SystemEntry[],
): Promise<Parts> {
  if (name === 'machine') {
    const soon = { for: '4s', clearFor: '4s' };
    const rules = {
      'host.cpu': { warning: '70%', critical: '99.9%', ...soon },
      'host.io-pressure': soon,
      'host.device-busy': soon,
      'host.device-slow': soon,
    };
    const onlyHostRules = /^host\.(down|cpu|io-pressure|device-busy|device-slow)$/;
    return { parts: {}, targets: { machine: { system: 'host', every } }, rules, onlyHostRules, ...nothing };
  }
  if (name === 'disk') {
    const disk = await mountDisk(stack);
    return {
      parts: { disk },
      targets: { machine: { system: 'host', every } },
      onlyHostRules: /^host\.(down|disk|disk-read-only|inodes)$/,
      stop: () => disk.unmount(),
    };
  }
  if (name === 'front') return startFront(stack, clock, new Set(systems.map((system) => system.kind)));
  if (name === 'outside') return startWorld(stack, clock);
  // A page that customers use: the health page asks no table.
  const order = {
    system: 'http',
    url: `http://127.0.0.1:${stack.ports.api}/orders/100`,
    every,
    dependsOn: ['api'],
  };
  if (name === 'shop') return { parts: {}, targets: { order }, ...nothing };
  if (name === 'broker') {
    const rabbitmq = await startRabbitmq(stack, clock);
    const { url, command } = rabbitmq;
    return {
      parts: { rabbitmq },
      targets: { broker: { system: 'rabbitmq', url, command: [...command], every } },
      stop: () => rabbitmq.stop(),
    };
  }
  if (name === 'twins') return startPairOfDatabases(stack, clock);
  if (name === 'vault') {
    const vault = await startVault(stack, clock);
    return {
      parts: { vault },
      targets: { [vaultTarget]: { system: 'postgres', url: vault.url, every } },
      backups: { [vaultPlan]: vault.plan },
      stop: () => vault.stop(),
    };
  }
  if (name === 'containers') {
    const containers = await startContainers(stack, clock);
    const engine = {
      system: 'container',
      socket: containers.socket,
      containers: [...containerNames],
      // Podman looks through its storage for each answer.
      every: '2s',
      timeout: '5s',
    };
    return { parts: { containers }, targets: { engine }, stop: () => containers.stop() };
  }
  const mariadb = await startMariadb(stack, clock);
  const server = (url: string) => ({ system: 'mysql', url, every });
  return {
    parts: { mariadb },
    targets: { mysql: server(mariadb.url), 'mysql-replica': server(mariadb.replica.url) },
    rules: {
      'mysql.tmpdir': { warning: '8MiB', critical: '1MiB', clearFor: '3s' },
      'mysql.disk': { clearFor: '3s' },
      'mysql.replica-sql-stopped': { for: '2s' },
      'mysql.replica-lag': { for: '5m' },
    },
    stop: () => mariadb.stop(),
  };
}

async function startPairOfDatabases(stack: Stack, clock: Clock): Promise<Parts> {
  const twins = await startTwins(stack, clock);
  // The guard is told that these are not production: it would ask before each change otherwise.
  const common = { every, environment: 'drill' };
  const server = (url: string) => ({ system: 'postgres', url, ...common });
  return {
    parts: { twins },
    targets: {
      primary: { ...server(twins.urlOf('primary')), standbys: 1 },
      standby: server(twins.urlOf('standby')),
      proxy: { system: 'haproxy', socket: twins.socket, ...common },
    },
    failover: {
      parcels: {
        ...{ primary: 'primary', replica: 'standby', through: `127.0.0.1:${twins.through}` },
        switch: { haproxy: 'proxy', backend: 'parcels', primary: 'primary', replica: 'standby' },
      },
    },
    ...nothing,
  };
}

async function startFront(stack: Stack, clock: Clock, kinds: ReadonlySet<string>): Promise<Parts> {
  const pair = kinds.has('haproxy') && locate(haproxy) ? await startPair(stack, clock) : undefined;
  const nginx = kinds.has('nginx') && locate(nginxServer) ? await startNginx(stack, clock) : undefined;
  const names = await startNames();
  const { name, right, resolver, authority } = names;
  return {
    parts: { ...(pair ? { pair } : {}), ...(nginx ? { nginx } : {}), names },
    targets: {
      ...(kinds.has('dns')
        ? { name: { system: 'dns', name, expect: [right], resolver, authoritative: authority, every } }
        : {}),
      ...(pair
        ? {
            pair: { system: 'haproxy', socket: pair.socket, config: pair.config, every },
            parcels: {
              system: 'http',
              url: `http://127.0.0.1:${pair.port}/parcels`,
              every,
              dependsOn: ['pair'],
            },
          }
        : {}),
      ...(nginx
        ? {
            nginx: {
              system: 'nginx',
              url: `http://127.0.0.1:${nginx.port}/nginx_status`,
              config: nginx.config,
              command: [...nginx.command],
              start: [...nginx.command],
              keep: `${nginx.folder}/good`,
              every,
            },
          }
        : {}),
    },
    async stop() {
      await pair?.stop();
      await nginx?.quit();
      await names.stop();
    },
  };
}

async function startWorld(stack: Stack, clock: Clock): Promise<Parts> {
  const outside = await startOutside(stack, clock);
  const { app, partner, releases, route, time } = outside;
  const page = (path: string, dependsOn: string[] = []) => ({
    ...{ system: 'http', url: `http://127.0.0.1:${app}${path}`, every },
    ...(dependsOn.length > 0 ? { dependsOn } : {}),
  });
  return {
    parts: { outside },
    begin: (watch) => outside.job.begin(watch),
    targets: {
      release: { system: 'delivery', ...releases, reload: ['true'], health: 'store', every },
      store: page('/', ['release']),
      partner: { system: 'http', url: `http://127.0.0.1:${partner.port}/charge`, every },
      pay: page('/pay', ['partner']),
      'far-db': { system: 'postgres', url: outside.databaseUrl, every, timeout: '5s' },
      orders: page('/orders', ['far-db']),
      machine: { system: 'host', ntp: time.address, every },
      nightly: { system: 'heartbeat', period: '2s', grace: '2s', every },
      ...(route
        ? { beyond: { system: 'http', url: `http://${route.entrance}:${route.port}/`, every, timeout: '4s' } }
        : {}),
    },
    rules: {
      'http.slow': { warning: '350ms', critical: '20s', for: '2s', clearFor: '4s' },
      'host.clock': { for: '2s', clearFor: '2s' },
    },
    onlyHostRules: /^host\.(down|clock)$/,
    stop: () => outside.stop(),
  };
}
