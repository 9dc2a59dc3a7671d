import type { Snapshot } from '../../../core/change.ts';
import { count } from '../../../core/count.ts';
import type { Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { type Inspected, inspectAll, mustRun } from '../answers.ts';
import { type ContainerConnection, observe } from '../client.ts';

export const state: Probe<ContainerConnection> = {
  id: 'container.state',
  summary:
    'Every container: whether it runs as it must, its health, starts and ends; image and settings to the ledger',
  metrics: {
    'container.running': {
      summary: '1 while a container that must run does; 0 also while it is paused',
      unit: 'state',
      kind: 'gauge',
    },
    'container.paused': { summary: '1 while it is paused', unit: 'state', kind: 'gauge' },
    'container.unhealthy': { summary: '1 while its own health check fails', unit: 'state', kind: 'gauge' },
    'container.restarts': { summary: 'Starts anew since Upkeep looks', unit: 'count', kind: 'counter' },
    'container.oom_killed': {
      summary: '1 where it was ended for want of memory the last time it ended',
      unit: 'state',
      kind: 'gauge',
    },
    'container.no_limit': { summary: '1 without a limit of memory', unit: 'state', kind: 'gauge' },
    'container.logs_grow': {
      summary: '1 where its log is kept in a file that nobody rotates',
      unit: 'state',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async () => {
      const seen = await inspectAll(conn, ctx.signal);
      const there = new Set(seen.map(({ Name }) => Name));
      const gone = conn.config.containers.filter((name) => !there.has(name));
      const running = seen.filter(({ State }) => State.Status === 'running');
      return {
        detail: `${running.length} of ${count(seen.length + gone.length, 'container runs', 'containers run')}`,
        readings: [
          ...seen.flatMap((one) => readingsOf(conn, one)),
          ...gone.map((container) => ({ metric: 'container.running', value: 0, labels: { container } })),
        ],
        snapshots: seen.map(snapshotOf),
      };
    }),
};

function readingsOf(conn: ContainerConnection, one: Inspected): Reading[] {
  const labels = { container: one.Name };
  const reading = (name: string, value: boolean | number): Reading => ({
    metric: `container.${name}`,
    value: Number(value),
    labels,
  });
  const { HostConfig, State } = one;
  const log = HostConfig.LogConfig;
  return [
    ...(mustRun(conn, one) ? [reading('running', State.Status === 'running')] : []),
    reading('paused', State.Status === 'paused'),
    reading('unhealthy', State.Health?.Status === 'unhealthy'),
    reading('restarts', startsOf(conn, one)),
    reading('oom_killed', isOomKilled(one)),
    reading('no_limit', HostConfig.Memory === 0),
    reading('logs_grow', log?.Type === 'json-file' && log.Config?.['max-size'] === undefined),
  ];
}

/** Podman and an init process inside may tell only of SIGKILL: that alone is no proof. */
function isOomKilled({ State }: Inspected): boolean {
  return State.OOMKilled;
}

/** Docker counts its own restarts; one by hand shows only in another start. */
function startsOf(conn: ContainerConnection, { Name, RestartCount, State }: Inspected): number {
  const known = conn.starts.get(Name) ?? { startedAt: State.StartedAt, restarts: RestartCount, count: 0 };
  const more =
    RestartCount > known.restarts
      ? RestartCount - known.restarts
      : State.StartedAt === known.startedAt
        ? 0
        : 1;
  const starts = { startedAt: State.StartedAt, restarts: RestartCount, count: known.count + more };
  conn.starts.set(Name, starts);
  return starts.count;
}

/** Of the environment the names alone: values are often secrets. */
function snapshotOf({ Name, Image, Config, HostConfig }: Inspected): Snapshot {
  const names = (Config.Env ?? []).map((line) => line.split('=')[0] ?? '');
  return {
    document: `container.${Name}`,
    kind: 'configuration',
    values: {
      [`${Name} image`]: `${Config.Image} ${Image.slice(0, 19)}`,
      [`${Name} memory limit`]: `${HostConfig.Memory}`,
      [`${Name} log driver`]: HostConfig.LogConfig?.Type ?? '',
      ...Object.fromEntries(names.map((name) => [`${Name} env ${name}`, 'set'])),
    },
  };
}
