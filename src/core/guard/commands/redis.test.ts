/** The table of commands against a real server: none is missing, and none that writes is taken for reading. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { redisServer, startRedis } from '../../../../test/servers/redis.ts';
import { clientOf } from '../../../../test/servers/redis-lab.ts';
import { rankOf } from '../classes.ts';
import { classifyRedis } from './redis.ts';

/** `[name, arity, flags, …, subcommands]`, as `COMMAND` answers. */
type Told = readonly [string, number, readonly string[], ...unknown[]];
const subcommandsAt = 9;

test('every command of a real server is known, and what it calls writing is not taken for reading', {
  skip: missing(redisServer),
}, async () => {
  const server = await startRedis();
  const client = clientOf(server);
  try {
    const told = (await client.call('COMMAND')) as readonly Told[];
    assert.ok(told.length > 200);
    const all = told.flatMap((one) => [one, ...((one[subcommandsAt] ?? []) as readonly Told[])]);
    const unknown: string[] = [];
    const lowered: string[] = [];
    for (const [name, , flags] of all) {
      const words = name.toUpperCase().split('|');
      const found = classifyRedis(words);
      const isGroup = told.some((one) => one[0] === name && (one[subcommandsAt] as unknown[]).length > 0);
      if (!isGroup && found.reason.id === 'redis.unknown-command') unknown.push(name);
      if (flags.includes('write') && rankOf(found.class) < rankOf('risky')) lowered.push(name);
    }
    assert.deepEqual({ unknown, lowered }, { unknown: [], lowered: [] });
  } finally {
    client.disconnect();
    await server.stop();
  }
});
