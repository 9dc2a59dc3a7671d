import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outdated } from './outdated.ts';

const open = { status: 'open', acknowledgedAt: null, acknowledgedBy: null };
const taken = { status: 'acknowledged', acknowledgedAt: 20, acknowledgedBy: 'ann' };
const over = { ...taken, status: 'resolved' };
const step = { event: 'incident.escalated', key: 'i:page:critical:0.0.1' } as const;
const notice = { title: 'Nobody has acknowledged', markdown: '' };

test('a call that somebody answered while it waited no longer holds', () => {
  assert.equal(outdated(step, 10, open), null);
  assert.equal(outdated(step, 10, taken), 'ann has acknowledged since');
  assert.equal(outdated(step, 30, taken), null, 'it got graver after that');
  assert.equal(outdated({ ...step, key: 'i:escalated:critical' }, 10, taken), null, 'the level is news');
  assert.match(outdated({ ...step, key: 'i:exhausted:critical:0', notice }, 10, taken) ?? '', /ann/);
  assert.match(outdated({ ...step, key: 'i:clock:critical:respond:5', notice }, 10, taken) ?? '', /ann/);
  assert.equal(outdated({ ...step, key: 'i:clock:critical:resolve:5', notice }, 10, taken), null);
});

test('an end that is none any more is not told, and what is over calls nobody', () => {
  const end = { event: 'incident.resolved', key: 'i:resolved' } as const;
  assert.equal(outdated(end, 10, over), null);
  assert.equal(outdated(end, 10, open), 'the incident is open again');
  assert.equal(outdated({ ...step, notice }, 10, over), 'the incident is over');
  assert.equal(outdated(step, 10, over), null, 'it is told as over');
});
