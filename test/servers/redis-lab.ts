/** Redis servers, clients and targets that end with the test, also when it fails. */
import { afterEach } from 'node:test';
import { Redis, type RedisOptions } from 'ioredis';
import { redis } from '../../src/systems/redis/index.ts';
import { type TriedTarget, tryTarget } from '../try-target.ts';
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
