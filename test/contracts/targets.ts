/** How any system, whatever its settings are called, is pointed at a port of this machine. */
import { systemClock } from '../../src/clock.ts';
import type { BoundTarget, DiagnosisContext, SystemEntry } from '../../src/core/system.ts';

/** Stands in every place that holds a secret; it may be seen nowhere. */
export const secret = 'hush-hush-0123456789';

/** A process that is not there; for systems that watch this machine. */
const nowhere = { pidFile: '/nonexistent/upkeep-contract.pid' };

/** Releases that are not there. */
const unreleased = { folder: '/nonexistent/releases', current: '/nonexistent/current' };

/** Of systems that wait for others to call. */
const waiting: readonly Readonly<Record<string, unknown>>[] = [{ period: '1d' }, { from: { job: 'upkeep' } }];

/** rabbitmqctl starts the port mapper of Erlang where none runs, and leaves it behind. */
const withoutPortMapper = { command: ['env', 'ERL_FLAGS=-start_epmd false', 'rabbitmqctl'] };

function candidates(kind: string, port: number): Readonly<Record<string, unknown>>[] {
  const host = '127.0.0.1';
  return [
    ...(kind === 'rabbitmq'
      ? [{ url: `http://upkeep:${secret}@${host}:${port}/`, ...withoutPortMapper }]
      : []),
    { url: `${kind}://upkeep:${secret}@${host}:${port}/thing?token=${secret}` },
    { url: `http://upkeep:${secret}@${host}:${port}/thing?token=${secret}` },
    { socket: `${host}:${port}` },
    { name: 'upkeep.test', resolver: `${host}:${port}` },
    // Where a greeting can be asked for, a place that stays silent is not well.
    { host, port, expect: { contains: 'hello' } },
    { host, port, user: 'upkeep', password: secret },
    { host, port },
    nowhere,
    unreleased,
    ...waiting,
    {},
  ];
}

export interface Pointed {
  readonly settings: Readonly<Record<string, unknown>>;
  /** False for a system that watches this machine and no port. */
  readonly isRemote: boolean;
}

export function pointAt(system: SystemEntry, port: number): Pointed {
  for (const settings of candidates(system.kind, port)) {
    const parsed = system.config.safeParse(settings);
    // A lax schema would take anything; what it drops, it does not know.
    if (parsed.success && Object.keys(settings).every((key) => key in parsed.data)) {
      return { settings, isRemote: isRemote(settings) };
    }
  }
  throw new Error(`add to test/contracts/targets.ts how ${system.kind} is pointed at a port`);
}

function isRemote(settings: Readonly<Record<string, unknown>>): boolean {
  return (
    settings !== nowhere &&
    settings !== unreleased &&
    !waiting.includes(settings) &&
    Object.keys(settings).length > 0
  );
}

export function bind(system: SystemEntry, port: number): BoundTarget {
  return system.bind(pointAt(system, port).settings, { clock: systemClock, folder: '/nonexistent' });
}

/** Of an investigation that nothing led to. */
export function investigation(signal: AbortSignal): DiagnosisContext {
  return {
    signal,
    clock: systemClock,
    alerts: [],
    dependencies: [],
    changes: [],
    history: async () => [],
    latest: () => [],
    logs: () => undefined,
    detail: () => undefined,
  };
}

/** Rejects when `work` takes longer than it may; the time goes to whoever is judged. */
export async function endsWithin<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  const late = new AbortController();
  const alarm = systemClock.sleep(ms, late.signal).then(() => {
    throw new Error(`${what} had not ended after ${ms} ms`);
  });
  try {
    return await Promise.race([work, alarm]);
  } finally {
    late.abort();
    alarm.catch(() => {});
  }
}
