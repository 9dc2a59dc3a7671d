import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionId, approval, incidentMessage, storm } from '../../test/messages.ts';
import { minuteMs, startLoop } from '../../test/simulation/loop.ts';
import { timestamp } from '../clock.ts';
import type { NotifierSettings } from '../core/configuration.ts';
import type { Message } from '../core/message.ts';
import type { ActionView } from '../core/view.ts';
import * as actionRows from '../store/actions.ts';

const mail: NotifierSettings = { name: 'mail', kind: 'test', settings: {} };
const to = { person: 'anna', address: 'anna@shop.example' };
const tokenOf = (url: string | undefined) => url?.split('/link/')[1] ?? '';

const action: ActionView = {
  id: actionId,
  incidentId: null,
  plan: {
    action: 'toy.mend',
    target: 'web',
    input: {},
    risk: 'safe',
    summary: 'mend it',
    steps: ['mend'],
    before: {},
    expect: 'it is well',
    undo: { possible: true, how: 'break it' },
    verifyWithinMs: 1,
    holdMs: 1,
  },
  digest: 'd1gest',
  state: 'awaiting-approval',
  judgement: { kind: 'ask', reason: 'policy' },
  why: 'it is broken',
  proposedBy: 'upkeep',
  proposedAt: 1,
  approvedBy: null,
  approvedAt: null,
  expiresAt: null,
  appliedAt: null,
  endedAt: null,
  result: null,
  after: null,
  report: null,
};

test('an approval link is for one person and one plan, and ends with the approval', async () => {
  const loop = await startLoop({ targets: [] });
  const { links } = loop.pipeline;
  await actionRows.insert(loop.store.db, action);
  assert.ok(approval.approval);
  const expiresAt = timestamp(loop.clock.now() + 30 * minuteMs);
  const message: Message = { ...approval, approval: { ...approval.approval, expiresAt } };
  assert.equal(await links.of(message, mail, true), undefined, 'not to a whole channel');
  assert.ok(await links.of(message, { ...mail, links: ['approve'] }, true), 'unless that was said');
  const signed = await links.of({ ...message, to }, mail, true);
  assert.deepEqual(Object.keys(signed ?? {}), ['approve', 'deny']);
  const token = tokenOf(signed?.approve);
  const proven = await links.prove(token);
  assert.ok(proven.kind === 'ours' && proven.link.person === 'anna' && proven.digest === 'd1gest');

  const other = await links.of(
    { ...message, to, approval: { ...approval.approval, expiresAt, digest: 'another' } },
    mail,
    true,
  );
  assert.equal((await links.prove(tokenOf(other?.approve))).kind, 'unknown', 'another plan');
  assert.equal(await links.use(token, proven.link), true);
  assert.equal((await links.prove(token)).kind, 'used');
  assert.equal((await links.prove(tokenOf(signed?.deny))).kind, 'ours');
  loop.clock.setWall(loop.clock.now() + 31 * minuteMs);
  assert.equal((await links.prove(tokenOf(signed?.deny))).kind, 'expired');
  await loop.end();
});

test('many at once have one link to acknowledge them, while one of them waits for somebody', async () => {
  const loop = await startLoop({ targets: [] });
  const { links } = loop.pipeline;
  const part = storm.storm;
  assert.ok(part);
  const id = 'storm-01990d2d-7c1e-7000-8000-000000000001';
  const signed = await links.of({ ...storm, storm: { ...part, id } }, mail, true);
  assert.deepEqual(Object.keys(signed ?? {}), ['acknowledge']);
  const proven = await links.prove(tokenOf(signed?.acknowledge));
  assert.ok(proven.kind === 'ours' && proven.link.id === id);
  const incidents = part.incidents.map((one) => ({ ...one, status: 'acknowledged' }));
  assert.equal(await links.of({ ...storm, storm: { ...part, id, incidents } }, mail, true), undefined);
  await loop.end();
});

test('links fit what there is to do, and programs get none', async () => {
  const loop = await startLoop({ targets: [] });
  const { links } = loop.pipeline;
  const keys = async (message: Message, settings = mail, hasLinks = true) =>
    Object.keys((await links.of(message, settings, hasLinks)) ?? {});
  assert.deepEqual(await keys(incidentMessage()), ['acknowledge', 'resolve']);
  assert.deepEqual(await keys(incidentMessage({ incident: { status: 'acknowledged' } })), ['resolve']);
  assert.deepEqual(await keys(incidentMessage({ incident: { status: 'resolved' } })), []);
  assert.deepEqual(await keys(incidentMessage(), mail, false), []);
  assert.deepEqual(await keys(incidentMessage(), { ...mail, links: ['resolve'] }, false), ['resolve']);
  assert.deepEqual(await keys(incidentMessage(), { ...mail, links: [] }), []);
  await loop.end();
});
