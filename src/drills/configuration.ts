/** How Upkeep watches a lab: short intervals, and the policy that the catalogue of faults names. */
import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import type { SystemEntry } from '../core/system.ts';

/** Safe enough to be done at once where it fits; every other action is asked for. */
const always: readonly string[] = [
  'postgres.terminate-backend',
  'postgres.cancel-backend',
  'postgres.terminate-idle',
  'postgres.vacuum',
  'postgres.analyze',
  'postgres.reset-setting',
  'postgres.promote',
  'process.restart',
  'process.resume',
  'process.start',
  'redis.kill-idle-clients',
  'mysql.kill-query',
  'haproxy.drain-server',
  'nginx.restore-last-good',
  'container.start',
  'container.resume',
  'rabbitmq.reset-watermark',
  'host.renice',
  'host.ionice',
];

/** Rules with seconds in place of minutes; those that this Upkeep has not are left out. */
const hurriedRules: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'postgres.blocked': { warning: '4s', critical: '5m' },
  'postgres.blocked-sessions': { warning: 1, for: '3s', clearFor: '3s' },
  'postgres.connections': { for: '3s', clearFor: '3s' },
  'postgres.deadlocks': { warning: 2, increase: '10s' },
  'postgres.temp-files': { warning: '10MiB', increase: '10s' },
  'postgres.early-checkpoints': { for: '5s', clearFor: '5s' },
  'postgres.slot-retention': { warning: '64MiB', critical: '20GiB', for: '2s' },
  'postgres.slot-abandoned': { for: '5s' },
  'postgres.prepared-transaction': { warning: '5s' },
  'postgres.dead-tuples': { for: '3s', clearFor: '3s' },
  'postgres.archive-failing': { for: '2s', clearFor: '2s' },
  'postgres.full-scans': { warning: 100_000, for: '4s', clearFor: '4s' },
  'mysql.blocked': { warning: '4s', critical: '5m' },
  'mysql.blocked-sessions': { warning: 2, for: '3s', clearFor: '3s' },
  'mysql.metadata-lock': { warning: '3s', critical: '5m' },
  'mysql.connections': { for: '3s', clearFor: '3s' },
  'redis.memory': { clearFor: '3s' },
  'redis.memory-full': { clearFor: '3s' },
  'redis.out-of-memory': { increase: '5s', clearFor: '3s' },
  'redis.clients': { for: '3s', clearFor: '3s' },
  'redis.rejected': { increase: '10s', clearFor: '3s' },
  'rabbitmq.no-consumers': { for: '3s', clearFor: '3s' },
  'rabbitmq.backlog': { warning: 100, critical: 100_000, for: '3s', clearFor: '3s' },
  'rabbitmq.unacked': { warning: 100, critical: 10_000, for: '3s', clearFor: '3s' },
  'rabbitmq.redelivery': { for: '3s', clearFor: '3s' },
  'container.not-running': { for: '3s' },
  'container.unhealthy': { for: '3s' },
  'haproxy.server-down': { for: '2s', clearFor: '2s' },
  'haproxy.server-errors': { for: '3s', clearFor: '3s' },
  'haproxy.errors': { for: '3s', clearFor: '3s' },
  'nginx.configuration': { for: '2s' },
  'host.disk': { for: '2s', clearFor: '2s' },
  'host.inodes': { for: '2s', clearFor: '2s' },
};

const document = z.looseObject({
  targets: z.record(z.string(), z.unknown()),
  rules: z.record(z.string(), z.unknown()),
});

export interface More {
  readonly targets: Readonly<Record<string, unknown>>;
  readonly rules?: Readonly<Record<string, unknown>>;
  readonly failover?: Readonly<Record<string, unknown>>;
  readonly backups?: Readonly<Record<string, unknown>>;
  /** Of a host only these count: the machine that drills are played on may have troubles of its own. */
  readonly onlyHostRules?: RegExp;
}

/**
 * @param text the `upkeep.yaml` of the demo's stack
 * @param more what the lab has beside it
 */
export function labConfiguration(text: string, more: More, systems: readonly SystemEntry[]): string {
  const base = document.parse(parse(text));
  const actions = systems.flatMap((system) => system.actions.map((action) => action.id));
  const known = new Set(systems.flatMap(rulesOf));
  const rules = Object.entries(hurriedRules).filter(([id]) => known.has(id));
  const { onlyHostRules } = more;
  const others = [...known].filter((id) => id.startsWith('host.') && onlyHostRules?.test(id) === false);
  return stringify({
    ...base,
    name: 'drills',
    targets: { ...base.targets, ...more.targets },
    ...(more.failover ? { failover: more.failover } : {}),
    ...(more.backups ? { backups: more.backups } : {}),
    rules: {
      ...base.rules,
      ...Object.fromEntries(rules),
      ...more.rules,
      ...Object.fromEntries(others.map((id) => [id, { enabled: false }])),
    },
    guard: {
      always: actions.filter((id) => always.includes(id)).map((id) => `${id} on *`),
      ask: actions.filter((id) => !always.includes(id)).map((id) => `${id} on *`),
      budgets: { perTargetPerHour: 500, perIncident: 20, perDay: 1_000 },
    },
  });
}

function rulesOf({ rules }: SystemEntry): string[] {
  return Object.keys(z.record(z.string(), z.unknown()).parse(parse(readFileSync(rules, 'utf8'))));
}
