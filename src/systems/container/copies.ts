/** Copies of a declared container: `web-2`, `web-3`, … with its settings, another host port and a label. */
import { z } from 'zod';
import { copyLabel, type Inspected, inspected } from './answers.ts';
import { ask, type ContainerConnection, call, EngineRefused } from './client.ts';

export interface Copy {
  /** 0 is the declared one. */
  readonly index: number;
  readonly name: string;
  /** Undefined where there is none of that name. */
  readonly seen: Inspected | undefined;
}

export function nameOf(container: string, index: number): string {
  return index === 0 ? container : `${container}-${index + 1}`;
}

export const isRunning = ({ seen }: Copy) => seen?.State.Status === 'running';

/** All there may be. @throws where a container of such a name is none of Upkeep's copies */
export async function copiesOf(
  conn: ContainerConnection,
  container: string,
  signal: AbortSignal,
): Promise<Copy[]> {
  const most = conn.config.scale[container]?.max ?? 1;
  return Promise.all(
    Array.from({ length: most }, async (_, index): Promise<Copy> => {
      const name = nameOf(container, index);
      const seen = await ask(conn, `/containers/${name}/json`, inspected, signal).catch((error: unknown) => {
        if (error instanceof EngineRefused && error.status === 404) return undefined;
        throw error;
      });
      if (index > 0 && seen !== undefined && seen.Config.Labels?.[copyLabel] !== container)
        throw new Error(`there is a container ${name} that Upkeep did not make; rename it or lower \`max\``);
      return { index, name, seen };
    }),
  );
}

export function portOf(conn: ContainerConnection, container: string, index: number): number | undefined {
  const first = conn.config.scale[container]?.port;
  return first === undefined ? undefined : first + index;
}

const bindings = z.record(
  z.string(),
  z.array(z.object({ HostIp: z.string(), HostPort: z.string() })).nullish(),
);
const whole = z.object({
  Image: z.string(),
  Config: z.looseObject({ Image: z.string(), Env: z.array(z.string()).nullish() }),
  HostConfig: z.looseObject({
    PortBindings: bindings.nullish(),
    Ulimits: z.array(z.looseObject({ Name: z.string() })).nullish(),
    Privileged: z.boolean().nullish(),
  }),
});

/** What says who it is and not what it does, or belongs to one container alone. */
const ownOfOne = ['Hostname', 'Domainname', 'MacAddress', 'Labels', 'Env', 'Image'];
/** Settings of the host that every engine takes back as it gave them. */
const shared = [
  ...['Binds', 'NetworkMode', 'RestartPolicy', 'Memory', 'MemorySwap', 'NanoCpus', 'CpuQuota', 'CpuPeriod'],
  ...['CpuShares', 'PidsLimit', 'LogConfig', 'CapAdd', 'CapDrop', 'SecurityOpt', 'Tmpfs'],
  ...['ExtraHosts', 'ReadonlyRootfs', 'Init', 'ShmSize', 'Dns'],
];

/** Why a copy would not be the same; undefined where it would. */
export async function uncopied(
  conn: ContainerConnection,
  container: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { HostConfig } = await ask(conn, `/containers/${container}/json`, whole, signal);
  if (HostConfig.Privileged) return `${container} is privileged, and Upkeep starts no other such`;
  const published = Object.values(HostConfig.PortBindings ?? {}).flatMap((all) => all ?? []);
  if (published.some(({ HostPort }) => HostPort !== '') && portOf(conn, container, 0) === undefined)
    return `${container} publishes ports; say the first as \`scale.${container}.port\``;
  return undefined;
}

/** Creates the copy where there is none of its image, and starts it. */
export async function startCopy(
  conn: ContainerConnection,
  container: string,
  { index, name, seen }: Copy,
  signal: AbortSignal,
): Promise<void> {
  if (index === 0) {
    await call(conn, 'POST', `/containers/${container}/start`, signal);
    return;
  }
  const first = await ask(conn, `/containers/${container}/json`, whole, signal);
  if (seen !== undefined && seen.Image !== first.Image) await removeCopy(conn, container, name, signal);
  if (seen === undefined || seen.Image !== first.Image) {
    const body = bodyOf(conn, container, index, first);
    await call(conn, 'POST', `/containers/create?name=${name}`, signal, body);
  }
  await call(conn, 'POST', `/containers/${name}/start`, signal);
}

function bodyOf(
  conn: ContainerConnection,
  container: string,
  index: number,
  { Image, Config, HostConfig }: z.output<typeof whole>,
): Record<string, unknown> {
  const { env = {} } = conn.config.scale[container] ?? {};
  const filled = Object.entries(env).map(([name, value]) => [name, fill(conn, container, index, value)]);
  const kept = (Config.Env ?? []).filter((line) => !Object.hasOwn(env, line.split('=')[0] ?? ''));
  const ports = Object.entries(HostConfig.PortBindings ?? {}).map(([port, all]) => [
    port,
    (all ?? []).map((one) => ({ ...one, HostPort: one.HostPort && String(Number(one.HostPort) + index) })),
  ]);
  return {
    ...Object.fromEntries(Object.entries(Config).filter(([key]) => !ownOfOne.includes(key))),
    // By its id: the tag may stand for another build by now.
    Image,
    Env: [...kept, ...filled.map(([name, value]) => `${name}=${value}`)],
    Labels: { [copyLabel]: container },
    HostConfig: {
      ...Object.fromEntries(Object.entries(HostConfig).filter(([key]) => shared.includes(key))),
      PortBindings: Object.fromEntries(ports),
      // Podman tells RLIMIT_NOFILE and takes nofile, as Docker tells it.
      Ulimits: (HostConfig.Ulimits ?? []).map((limit) => ({
        ...limit,
        Name: limit.Name.replace(/^RLIMIT_/, '').toLowerCase(),
      })),
    },
  };
}

function fill(conn: ContainerConnection, container: string, index: number, text: string): string {
  return text
    .replaceAll('{index}', String(index))
    .replaceAll('{port}', String(portOf(conn, container, index) ?? '{port}'));
}

export const stopSeconds = 10;

/** Ends a copy and removes it; the declared one is only ended. */
export async function endCopy(
  conn: ContainerConnection,
  container: string,
  { index, name }: Copy,
  signal: AbortSignal,
): Promise<void> {
  await call(conn, 'POST', `/containers/${name}/stop?t=${stopSeconds}`, signal);
  if (index > 0) await removeCopy(conn, container, name, signal);
}

/** Only what carries the label is ever removed, and never a volume. */
async function removeCopy(
  conn: ContainerConnection,
  container: string,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const now = await ask(conn, `/containers/${name}/json`, inspected, signal);
  if (now.Config.Labels?.[copyLabel] !== container)
    throw new Error(`${name} is no copy of ${container} any more; it was not removed`);
  await call(conn, 'DELETE', `/containers/${now.Id}`, signal);
}
