/** What there is to watch around here, for `upkeep init` and a first start. Reads and asks; changes nothing. */
import type { Surroundings } from '../core/system.ts';
import type { Clock } from '../core/time.ts';
import { type ComposeFile, readComposeFile } from './compose-file.ts';
import { declaredUrls, declaredVariables } from './declared-urls.ts';
import { allListeners } from './listeners.ts';
import { lentPorts } from './ports.ts';
import { type ProcessFacts, processFacts, programName } from './processes.ts';
import { type RenderPart, readRenderFile } from './render-file.ts';
import { serviceUnitOf } from './service-unit.ts';
import { type Protocol, sniff } from './sniff.ts';

export interface LookInput {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where `.env`, the compose file and render.yaml are looked for. */
  readonly folder: string;
  readonly clock: Clock;
}

/** Declared, but at rest: nothing listens on any port that it publishes. */
export interface IdleService {
  readonly name: string;
  /** `compose.yaml` */
  readonly file: string;
  /** Of this machine. */
  readonly ports: readonly number[];
}

export interface Around extends Surroundings {
  readonly idle: readonly IdleService[];
  /** What render.yaml declares without an address. */
  readonly rendered: readonly RenderPart[];
}

export async function lookAround({ env, folder, clock }: LookInput): Promise<Around> {
  const urls = declaredUrls(env, folder);
  const compose = readComposeFile(folder, declaredVariables(env, folder));
  const render = readRenderFile(folder);
  const named = new Set([...portsNamed(urls, compose), ...render.ports]);
  const listeners = await servers(named, clock.now());
  const asked = new Map<string, Promise<Protocol>>();
  return {
    env,
    urls: urls.filter((entry) => isRunning(entry, listeners)),
    listeners,
    idle: idleServices(compose, listeners),
    rendered: render.parts,
    sniff(address, port) {
      const key = `${address} ${port}`;
      const running = asked.get(key);
      if (running !== undefined) return running;
      const name = listeners.find((listener) => listener.port === port)?.process ?? '';
      // The command of a package; older versions do not name themselves in their answers.
      if (name === 'upkeep') return Promise.resolve('unknown');
      const mayBePostgres = /postgres|postmaster|pgbouncer/.test(name) || (port >= 5432 && port <= 5439);
      // Several systems ask for the same port; it is disturbed once.
      const mayBeMysql = /mysqld|mariadbd/.test(name) || (port >= 3306 && port <= 3309);
      const answer = sniff(address, port, clock, { mayBePostgres, mayBeMysql });
      asked.set(key, answer);
      return answer;
    },
  };
}

/** A compose file may describe what nobody has started here. */
function isRunning(entry: Surroundings['urls'][number], listeners: Surroundings['listeners']): boolean {
  const url = new URL(entry.url);
  if (!/^(docker-)?compose\./.test(entry.from) || url.hostname !== '127.0.0.1' || listeners.length === 0)
    return true;
  return listeners.some((listener) => listener.port === Number(url.port));
}

/** Of services that publish nothing, or where listeners cannot be read, it is not known. */
function idleServices(
  { file, services }: ComposeFile,
  listeners: Surroundings['listeners'],
): readonly IdleService[] {
  if (listeners.length === 0) return [];
  const heard = new Set(listeners.map(({ port }) => port));
  return services
    .map(({ name, published }) => ({ name, file, ports: [...published.values()] }))
    .filter(({ ports }) => ports.length > 0 && !ports.some((port) => heard.has(port)));
}

/** Ports of this machine that somebody wrote down. */
function portsNamed(urls: Surroundings['urls'], { services }: ComposeFile): ReadonlySet<number> {
  const local = urls.map(({ url }) => new URL(url)).filter(({ hostname }) => isLoopback(hostname));
  return new Set([
    ...local.map(({ port }) => Number(port)),
    ...services.flatMap(({ published }) => [...published.values()]),
  ]);
}

function isLoopback(host: string): boolean {
  return /^(localhost|127\.[\d.]+|\[::1\])$/.test(host);
}

/** Listening sockets of others; one on both families counts once, by its IPv4 address. */
async function servers(named: ReadonlySet<number>, now: number): Promise<Surroundings['listeners']> {
  const [all, isLent, ownUnit] = await Promise.all([
    allListeners().catch(() => []),
    lentPorts(),
    serviceUnitOf(process.pid),
  ]);
  const others = all
    .filter((listener) => listener.pid !== process.pid)
    .sort((a, b) => a.port - b.port || a.address.length - b.address.length);
  const once = others.filter(
    (listener, at) =>
      others.findIndex((other) => other.port === listener.port && other.pid === listener.pid) === at,
  );
  return Promise.all(
    once.map(async ({ address, port, pid }) => {
      const facts = pid === undefined ? undefined : await processFacts(pid);
      const name = facts && programName(facts);
      return {
        address,
        port,
        ...(name === undefined ? {} : { process: name }),
        ...(pid === undefined ? {} : { pid }),
        ...(isLent(port) && !named.has(port) && !(await isSettled(facts, ownUnit, now))
          ? { isLent: true as const }
          : {}),
        ...(facts?.isInTerminal ? { isInTerminal: true as const } : {}),
      };
    }),
  );
}

/** A server that has run for so long, in milliseconds, is no passing one; longer than most runs of tests and builds. */
const settledAfterMs = 2 * 3_600_000;

/** It has run for hours, or is a service of systemd. What shares our own unit (a runner of tests) is no service. */
async function isSettled(
  facts: ProcessFacts | undefined,
  ownUnit: string | undefined,
  now: number,
): Promise<boolean> {
  if (facts === undefined) return false;
  if (now - facts.startedAt >= settledAfterMs) return true;
  const unit = await serviceUnitOf(facts.pid);
  return unit !== undefined && unit !== ownUnit;
}
