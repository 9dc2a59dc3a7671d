/** What Upkeep reads of the Docker API; Docker and Podman leave out different parts. */
import { z } from 'zod';
import { ask, type ContainerConnection, call, EngineRefused } from './client.ts';

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const number = z
  .number()
  .nullish()
  .transform((value) => value ?? 0);

export const version = z.object({
  Version: text,
  Components: z.array(z.object({ Name: text })).nullish(),
});

const list = z.array(
  z.object({
    Id: z.string(),
    Names: z.array(z.string()).nullish(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
);

/** On a container that Upkeep made: the declared one that it is a copy of. */
export const copyLabel = 'upkeep.copy-of';

export const inspected = z.object({
  Id: z.string(),
  Name: z.string().transform((name) => name.replace(/^\//, '')),
  Image: text,
  RestartCount: number,
  State: z.object({
    Status: text,
    OOMKilled: z.boolean().default(false),
    ExitCode: number,
    Error: text,
    Pid: number,
    StartedAt: text,
    FinishedAt: text,
    Health: z.object({ Status: text, FailingStreak: number }).nullish(),
  }),
  HostConfig: z.object({
    Memory: number,
    NanoCpus: number,
    CpuQuota: number,
    CpuPeriod: number,
    RestartPolicy: z.object({ Name: text }).nullish(),
    LogConfig: z.object({ Type: text, Config: z.record(z.string(), z.string()).nullish() }).nullish(),
  }),
  Config: z.object({
    Image: text,
    Env: z.array(z.string()).nullish(),
    Cmd: z.array(z.string()).nullish(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
});
export type Inspected = z.output<typeof inspected>;

export const stats = z.object({
  cpu_stats: z.object({
    cpu_usage: z.object({ total_usage: number }),
    throttling_data: z.object({ periods: number, throttled_periods: number }).nullish(),
  }),
  memory_stats: z.object({
    usage: number,
    limit: number,
    stats: z.object({ inactive_file: number, total_inactive_file: number }).nullish(),
  }),
});

const mostContainers = 60;

/** Those that were declared, else all there are. A declared one that is not there is missing from the answer. */
export async function inspectAll(conn: ContainerConnection, signal: AbortSignal): Promise<Inspected[]> {
  const all = await ask(conn, '/containers/json?all=true', list, signal);
  const { containers } = conn.config;
  const meant = all.filter(
    ({ Names, Labels }) =>
      containers.length === 0 ||
      containers.includes(Labels?.[copyLabel] ?? '') ||
      (Names ?? []).some((name) => containers.includes(name.replace(/^\//, ''))),
  );
  const seen: Inspected[] = [];
  for (const { Id } of meant.slice(0, mostContainers)) {
    seen.push(await ask(conn, `/containers/${Id}/json`, inspected, signal));
  }
  return seen;
}

export function inspect(conn: ContainerConnection, name: string, signal: AbortSignal): Promise<Inspected> {
  return ask(conn, `/containers/${encodeURIComponent(name)}/json`, inspected, signal);
}

/** Whether actions may touch it: it was declared, or it is a copy of one that was. */
export function isOurs({ config }: ContainerConnection, { Name, Config }: Inspected): boolean {
  return config.containers.includes(Name) || config.containers.includes(Config.Labels?.[copyLabel] ?? '');
}

export async function inspectOurs(
  conn: ContainerConnection,
  name: string,
  signal: AbortSignal,
): Promise<Inspected | { readonly refused: string }> {
  const refused = `${name} is not among the declared \`containers\`, and no other is touched`;
  const now = await inspect(conn, name, signal).catch((error: unknown) => {
    if (error instanceof EngineRefused && error.status === 404) return undefined;
    throw error;
  });
  if (now !== undefined) return isOurs(conn, now) ? now : { refused };
  return { refused: conn.config.containers.includes(name) ? `there is no container ${name}` : refused };
}

/** The last lines of both outputs. */
export async function lastLines(
  conn: ContainerConnection,
  name: string,
  signal: AbortSignal,
): Promise<string> {
  const path = `/containers/${encodeURIComponent(name)}/logs?stdout=1&stderr=1&tail=40`;
  return unframed(await call(conn, 'GET', path, signal));
}

/** Without a terminal each piece comes behind 8 bytes: stream, three zeros, length. */
function unframed(body: Buffer): string {
  const isFramed = body.length >= 8 && (body[0] ?? 9) <= 2 && body[1] === 0 && body[2] === 0 && body[3] === 0;
  if (!isFramed) return body.toString('utf8');
  const pieces: string[] = [];
  for (let at = 0; at + 8 <= body.length; ) {
    const length = body.readUInt32BE(at + 4);
    pieces.push(body.toString('utf8', at + 8, at + 8 + length));
    at += 8 + length;
  }
  return pieces.join('');
}

/** Must it run: it was declared, or its own policy starts it again. */
export function mustRun(conn: ContainerConnection, { Name, HostConfig }: Inspected): boolean {
  if (conn.config.containers.length > 0) return conn.config.containers.includes(Name);
  return /^(always|unless-stopped|on-failure)$/.test(HostConfig.RestartPolicy?.Name ?? '');
}
