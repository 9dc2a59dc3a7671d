import assert from 'node:assert/strict';
import { test } from 'node:test';
import { passageOf } from './way-back.ts';

const minute = 60_000;
const hour = 60 * minute;
const now = 100 * hour;
const open = { status: 'open', openedAt: now - hour, reopenedAt: null, acknowledgedBy: null };

function reasonOf(
  command: { do?: 'acknowledge' | 'resolve'; at?: number },
  incident: Parameters<typeof passageOf>[1] = open,
  isSeen = false,
) {
  const passage = passageOf({ do: 'resolve', ...command }, incident, { now, isSeen });
  return passage.kind === 'follow' ? 'follow' : passage.reason;
}

test('what was done while the incident is open is followed, once', () => {
  assert.equal(reasonOf({ at: now }), 'follow');
  assert.equal(reasonOf({}), 'follow', 'a service that tells no time');
  assert.equal(reasonOf({ at: now }, open, true), 'seen');
});

test('what is from before the incident opened, or opened again, is of another outage', () => {
  assert.equal(reasonOf({ at: now - 2 * hour }), 'before-opened');
  assert.equal(reasonOf({ at: now - hour - 30_000 }), 'follow', 'their clock may be a little behind ours');
  const again = { ...open, reopenedAt: now - 10 * minute };
  assert.equal(reasonOf({ at: now - 30 * minute }, again), 'before-opened');
  assert.equal(reasonOf({ at: now - 5 * minute }, again), 'follow');
});

test('what is older than a day is not believed, even for what is open for longer', () => {
  const long = { ...open, openedAt: now - 90 * hour };
  assert.equal(reasonOf({ at: now - 25 * hour }, long), 'too-old');
  assert.equal(reasonOf({ at: now - 23 * hour }, long), 'follow');
  const passage = passageOf({ do: 'approve', at: now - 25 * hour }, null, { now, isSeen: false });
  assert.equal(passage.kind, 'ignore', 'a plan too');
});

test('what stands so already is said, with who is on it', () => {
  assert.equal(reasonOf({ at: now }, { ...open, status: 'resolved' }), 'resolved');
  const taken = { ...open, acknowledgedBy: 'team:anna' };
  assert.equal(reasonOf({ do: 'acknowledge', at: now }, taken), 'acknowledged');
  assert.equal(reasonOf({ do: 'resolve', at: now }, taken), 'follow');
  assert.deepEqual(passageOf({ do: 'acknowledge' }, taken, { now, isSeen: false }), {
    kind: 'ignore',
    reason: 'acknowledged',
    words: 'team:anna is on it already',
  });
});
