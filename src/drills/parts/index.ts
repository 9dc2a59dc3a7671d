/** What a lab has beside the demo's stack, with the targets that watch it. */
import type { SystemEntry } from '../../core/system.ts';
import type { Clock } from '../../core/time.ts';
import { haproxy, locate } from '../../demo/optional.ts';
import type { Stack } from '../../demo/stack.ts';
import type { More } from '../configuration.ts';
import type { Lab, LabName } from '../drill.ts';
import { containerNames, startContainers } from './containers.ts';
import { mountDisk } from './disk.ts';
import { startMariadb } from './mariadb.ts';
import { startNames } from './names.ts';
import { nginxServer, startNginx } from './nginx.ts';
import { startPair } from './pair.ts';
import { startRabbitmq } from './rabbitmq.ts';

export interface Parts extends More {
  readonly parts: Pick<Lab, 'mariadb' | 'rabbitmq' | 'containers' | 'pair' | 'nginx' | 'names' | 'disk'>;
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
    const rules = { 'host.cpu': { warning: '70%', critical: '99.9%', for: '4s', clearFor: '4s' } };
    const onlyHostRules = /^host\.(down|cpu)$/;
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
  return { parts: { mariadb }, targets: { mysql: { system: 'mysql', url: mariadb.url, every } }, ...nothing };
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
