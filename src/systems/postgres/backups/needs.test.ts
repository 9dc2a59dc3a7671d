import assert from 'node:assert/strict';
import { test } from 'node:test';
import { roomNeeds } from '../../../core/backup/needs.ts';
import { knowsRelease } from './needs.ts';
import { pgbackrestEngine } from './pgbackrest.ts';
import { settingChanges } from './server-settings.ts';

test('a release of pgBackRest knows the servers that its notes name, and no newer ones', () => {
  const known = (minor: number) => [13, 14, 15, 16, 17, 18].filter((major) => knowsRelease(minor, major));
  assert.deepEqual(known(33), [13]);
  assert.deepEqual(known(45), [13, 14, 15]);
  assert.deepEqual(known(54), [13, 14, 15, 16, 17]);
});

test('a log that is streamed needs senders and a slot of its own; those that are there are not touched', () => {
  const settings = {
    ...{ walLevel: 'minimal', archiveMode: 'off', archiveCommand: '', archiveLibrary: '' },
    ...{ archiveTimeoutSeconds: 0, senders: 2, usedSenders: 1, slots: 12, usedSlots: 12 },
  };
  const values = (of: typeof settings) =>
    settingChanges(of, 'streamed', null).map(({ name, value, restarts }) => `${name}=${value} ${restarts}`);
  assert.deepEqual(values(settings), [
    'wal_level=replica true',
    'max_wal_senders=10 true',
    'max_replication_slots=16 true',
  ]);
  assert.deepEqual(values({ ...settings, walLevel: 'logical', senders: 10, usedSlots: 3 }), []);
});

test('room is short below what the next full backup takes and a tenth; one disk for both is advice without a copy elsewhere', () => {
  const sized = (bytes: number) => `${bytes} B`;
  const room = { folder: '/b', wanted: 100, free: 109, isWithData: false, isCopied: false };
  assert.match(
    roomNeeds(room, sized)[0]?.what ?? '',
    /room for 109 B, and the next full backup takes up to 100 B/,
  );
  assert.deepEqual(roomNeeds({ ...room, free: 111 }, sized), []);
  assert.deepEqual(roomNeeds({ ...room, wanted: null, free: 0 }, sized), []);
  const shared = { ...room, free: 111, isWithData: true };
  assert.deepEqual(
    roomNeeds(shared, sized).map(({ isAdvice }) => isAdvice),
    [true],
  );
  assert.match(roomNeeds(shared, sized)[0]?.remedy ?? '', /, or add `offsite:` for copies elsewhere$/);
  const { elsewhere } = pgbackrestEngine;
  assert.match(
    roomNeeds({ ...shared, elsewhere }, sized)[0]?.remedy ?? '',
    /, or give it a second repository/,
  );
  assert.deepEqual(roomNeeds({ ...shared, isCopied: true }, sized), []);
});
