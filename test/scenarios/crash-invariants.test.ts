/** That the crash rounds can fail: each thing that must not be is seen. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionView, JournalEntry } from '../../src/core/view.ts';
import type { Incident } from '../../src/store/incidents.ts';
import { broken, type Witness } from '../crash/invariants.ts';
import type { ReceivedMessage } from '../crash/receiver.ts';

function delivery(at: number, event: 'opened' | 'resolved', key = `a:${event}`): ReceivedMessage {
  const incident = { id: 'a' };
  const message = { version: 1, event: `incident.${event}`, key, at: `${at}`, incident };
  return { at, acknowledgedAt: at, message: message as unknown as ReceivedMessage['message'] };
}

const entry = (kind: string, subject: string) => ({ kind, subject }) as JournalEntry;
const restart = { id: 'r', plan: { action: 'process.restart' }, appliedAt: 5 } as ActionView;

const good: Witness = {
  stored: {
    incidents: [{ id: 'a', title: 'web', resolvedAt: 20 } as Incident],
    actions: [restart],
    journal: [
      entry('incident.opened', 'incident:a'),
      entry('action.applying', 'action:r'),
      entry('action.done', 'action:r'),
    ],
    chain: { ok: true, checked: 3, brokenAt: null, reason: null },
    undelivered: 0,
    failedJobs: [],
    integrity: ['ok'],
  },
  received: [delivery(10, 'opened'), delivery(20, 'resolved')],
  receivedBefore: 2,
  kills: [],
  starts: [{ pid: 1, by: 'upkeep', at: 6 }],
  workerFaults: [4],
  terminations: 0,
};

const withStored = (stored: Partial<Witness['stored']>): Witness => ({
  ...good,
  stored: { ...good.stored, ...stored },
});

const wrong: Record<string, [Witness, RegExp]> = {
  'a broken chain': [
    withStored({ chain: { ok: false, checked: 1, brokenAt: 2, reason: 'entry 2 was changed' } }),
    /chain is broken at 2/,
  ],
  'a broken file': [withStored({ integrity: ['row 3 missing'] }), /integrity_check says row 3/],
  'a job given up': [withStored({ failedJobs: ['diagnose:a: no'] }), /given up: diagnose:a/],
  'an incident that was lost': [withStored({ incidents: [] }), /told of incident a, which is not stored/],
  'a lost opening': [{ ...good, received: good.received.slice(1) }, /opened under 0 keys/],
  'a lost end': [{ ...good, received: good.received.slice(0, 1) }, /resolved under 0 keys, not 1/],
  'an end of what is open': [
    withStored({ incidents: [{ id: 'a', title: 'web', resolvedAt: null } as Incident] }),
    /resolved under 1 keys, not 0/,
  ],
  'one event under two keys': [
    { ...good, received: [...good.received, delivery(10, 'opened', 'another')] },
    /one event was told under two keys: a:opened and another/,
  ],
  'a delivery again without a kill': [
    { ...good, received: [...good.received, delivery(30, 'resolved')] },
    /delivered again 10 ms after its 2xx/,
  ],
  'an action applied twice': [
    withStored({ journal: [...good.stored.journal, entry('action.applying', 'action:r')] }),
    /applied 2 times/,
  ],
  'an action ended twice': [
    withStored({ journal: [...good.stored.journal, entry('action.failed', 'action:r')] }),
    /ended 2 times/,
  ],
  'a start without an action': [withStored({ actions: [] }), /started 1 times, for 0 actions/],
  'two starts for one end': [
    {
      ...withStored({ actions: [restart, { ...restart, id: 's' }] }),
      starts: [...good.starts, { pid: 2, by: 'upkeep', at: 7 }],
    },
    /started 2 times after one end/,
  ],
  'a session ended without an action': [{ ...good, terminations: 1 }, /told 1 times to end a session/],
};

test('what is right has nothing to complain of, also when a kill came between a 2xx and its note', () => {
  assert.deepEqual(broken(good), []);
  const again = { ...good, received: [...good.received, delivery(30, 'resolved')], kills: [25] };
  assert.deepEqual(broken(again), []);
});

for (const [what, [witness, complaint]] of Object.entries(wrong))
  test(`${what} is seen`, () => assert.match(broken(witness).join('\n'), complaint));
