import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startLoop, toyTarget } from '../../test/simulation/loop.ts';
import type { Message } from '../core/message.ts';
import { noOnCall, type Person } from '../core/oncall/model.ts';
import { askOnCall } from './ask-on-call.ts';

function person(id: string, changes: Partial<Person> = {}): Person {
  const rest = { timezone: 'UTC', reach: { phone: id }, via: {}, quietHours: null, calendar: null };
  return { id, name: id, ...rest, ...changes };
}

test('an approval is asked of the channels of the policy and of the first who can be reached', async () => {
  const asked: string[] = [];
  const told =
    (name: string) =>
    async ({ to }: Message) => {
      asked.push(`${name} ${to?.person ?? '-'}`);
      return { kind: 'delivered' as const };
    };
  const steps = [
    { afterMs: 0, notify: ['ann'] },
    { afterMs: 1_000, notify: ['bob', 'post'] },
    { afterMs: 2_000, notify: ['cyd', 'quiet'] },
  ];
  const loop = await startLoop({
    targets: [toyTarget('web')],
    channels: { post: told('post'), phone: told('phone'), quiet: told('quiet') },
    configuration: {
      notifiers: [
        { name: 'post', kind: 'test', settings: {} },
        { name: 'phone', kind: 'test', settings: {} },
        { name: 'quiet', kind: 'test', settings: {}, events: ['incident.opened'] },
      ],
      oncall: {
        ...noOnCall,
        people: [person('ann', { reach: {} }), person('bob'), person('cyd')],
        policies: [{ name: 'standard', steps, repeat: null, unacknowledgeAfterMs: null }],
        policyOf: { high: 'standard' },
      },
    },
  });
  const message: Message = { version: 1, event: 'approval.requested', key: 'k', at: '', source: '', url: '' };
  await loop.store.transaction((tx) =>
    askOnCall(loop.desk, tx, { level: 'high', services: [] }, message, null),
  );
  loop.desk.changed();
  await loop.pass(1_000);
  assert.deepEqual(asked.sort(), ['phone bob', 'post -']);
  await loop.end();
});
