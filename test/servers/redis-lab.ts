/** Redis servers, clients and targets that end with the test, also when it fails. */
import { afterEach } from 'node:test';
import { Redis, type RedisOptions } from 'ioredis';
import type { Alert } from '../../src/core/alert.ts';
import type { Change } from '../../src/core/change.ts';
import type { LogView } from '../../src/core/log/view.ts';
import { redis } from '../../src/systems/redis/index.ts';
import { type TriedTarget, targetName, tryTarget } from '../try-target.ts';
import { type RedisServer, startRedis } from './redis.ts';

export const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

export const serve: typeof startRedis = async (options) => {
  const server = await startRedis(options);
  ends.push(() => server.stop());
  return server;
};
export const tried = (raw: Readonly<Record<string, unknown>>): TriedTarget => {
  const target = tryTarget(redis, raw);
  ends.push(() => target.bound.close());
  return target;
};
export const clientOf = (server: Pick<RedisServer, 'url'>, options: RedisOptions = {}): Redis => {
  const client = new Redis(server.url, { protocol: 2, ...options });
  // Servers end on purpose here.
  client.on('error', () => {});
  ends.push(() => client.disconnect());
  return client;
};

/** A setting as the ledger has it, made within the ten seconds before `at`. */
export const changedSetting = (at: number, name: string, before: string, after: string): Change => ({
  id: 'change-1',
  kind: 'configuration',
  target: targetName,
  service: null,
  summary: `${name} ${before} -> ${after}`,
  differences: [{ name, before, after }],
  after: at - 10_000,
  at,
  source: 'redis.settings',
  isReported: false,
  url: null,
});

/** What it wrote so far, as the log that is followed. */
export const logOf = (server: Pick<RedisServer, 'output'>): LogView => ({
  sources: [{ path: '/var/log/redis/redis-server.log', unseen: null }],
  since: null,
  patterns: [],
  lines: server
    .output()
    .split('\n')
    .map((text) => ({ at: Date.now(), file: 'redis-server.log', level: 'info', text })),
});

/** Trouble of the tried target since this moment. */
export const alertSince = (since: number): Alert => ({
  id: 'alert-1',
  fingerprint: `redis.down|${targetName}|`,
  rule: 'redis.down',
  target: targetName,
  labels: {},
  summary: '',
  state: 'firing',
  ruleLevel: 'critical',
  level: 'high',
  value: null,
  threshold: null,
  detail: '',
  since,
  firedAt: since,
  resolvedAt: null,
  incidentId: null,
  heldBy: null,
});

/** Keeps what a check reads as the store does, for diagnoses that look back. */
export function recorder(target: TriedTarget, probe: string) {
  const kept = new Map<string, { at: number[]; values: number[] }>();
  return {
    async take() {
      const outcome = await target.seen(probe);
      const at = Date.now();
      for (const { metric, value } of outcome.readings) {
        const series = kept.get(metric) ?? { at: [], values: [] };
        series.at.push(at);
        series.values.push(value);
        kept.set(metric, series);
      }
      return outcome;
    },
    known: {
      history: async (_: string, metric: string) => {
        const series = kept.get(metric);
        return series === undefined ? [] : [{ labels: {}, ...series }];
      },
    },
  };
}
