import assert from 'node:assert/strict';
import { test } from 'node:test';
import { factInWords, factsInWords } from './fact-words.ts';

test('facts are told with their units and moments, what is not known not at all', () => {
  const told = (name: string, value: Parameters<typeof factInWords>[1]) => {
    const fact = factInWords(name, value, (at) => `T${at}`);
    return fact && `${fact.name}: ${fact.value}`;
  };
  assert.equal(told('killedAt', null), null);
  assert.equal(told('killedAt', '1970-01-01T00:00:01.000Z'), 'killed at: T1000');
  assert.equal(told('notAfter', 1_798_019_013_000), 'not after: T1798019013000');
  assert.equal(told('since', 1_798_019_013_000), 'since: T1798019013000');
  assert.equal(told('restored bytes', 1_798_019_013_000), 'restored: 1.64 TiB');
  assert.equal(told('noiseMs', 671), 'noise: 671 ms');
  assert.equal(told('downSeconds', 75), 'down: 1 m 15 s');
  assert.equal(told('maxmemoryBytes', 3_145_728), 'maxmemory: 3 MiB');
  assert.equal(told('resident bytes', 1_536), 'resident: 1.5 KiB');
  assert.equal(told('memoryTotal', 2 ** 33), 'memory total: 8 GiB');
  assert.equal(told('cpuUsed', 0.97312), 'cpu used: 97.3 %');
  assert.equal(told('isAlive', false), 'is alive: no');
  assert.equal(told('OOMKilled', 3), 'OOMKilled: 3');
  assert.equal(told('pid', 812), 'pid: 812');
  assert.equal(told('rate', 1 / 3), 'rate: 0.3333');
  assert.equal(told('max_connections', 100), 'max_connections: 100');
});

test('what did not happen, and a span of time, read as sentences', () => {
  const said = (facts: Parameters<typeof factsInWords>[1]) => factsInWords('', facts, (at) => `T${at}`);
  assert.deepEqual(said({ hasRestarted: false, hasRunOut: false }), ['has not restarted', 'has not run out']);
  assert.deepEqual(said({ hasRestarted: true, hasBackups: false }), ['has restarted', 'has no backups']);
  const [from, to] = [1_798_019_013_000, 1_798_019_014_000];
  assert.deepEqual(said({ fromAt: from, toAt: to }), [`from T${from}`, `to T${to}`]);
});

test('what a look found is told as a person says it: its text without a name, and nothing twice', () => {
  const told = (title: string, facts: Parameters<typeof factsInWords>[1]) =>
    factsInWords(title, facts, (at) => `T${at}`).join(', ');
  const since = '2026-01-01T10:30:00.000Z';
  assert.equal(
    told('What the check says', { detail: 'no answer within 2 s', since }),
    'no answer within 2 s',
  );
  assert.equal(
    told('TCP connect to 127.0.0.1:5180', {
      ...{ result: 'connected', detail: 'connected to 127.0.0.1' },
      ...{ host: '127.0.0.1', port: 5180, isThisMachine: true },
    }),
    'connected to 127.0.0.1',
  );
  assert.equal(
    told('TCP connect to 127.0.0.1:80', { result: 'connected', address: '127.0.0.1', seconds: 0.25 }),
    'connected, seconds 0.25',
  );
  assert.equal(
    told('Who listened there', { pid: 812, isRunning: false, hasLog: false, listening: true, log: null }),
    'pid 812, not running, has no log, listening',
  );
  assert.equal(
    told('a look', { killedAt: 1_798_019_013_000, waitMs: 90_000 }),
    'killed at T1798019013000, wait 1 m 30 s',
  );
});
