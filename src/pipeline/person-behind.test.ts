import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startAt, startLoop, toyTarget } from '../../test/simulation/loop.ts';
import { noOnCall } from '../core/oncall/model.ts';
import * as tokens from '../store/tokens.ts';
import { personBehind } from './person-behind.ts';

test('behind a model stands whoever made its token, so that nobody approves alone what their assistant proposed', async (t) => {
  const loop = await startLoop({ targets: [toyTarget('db')] });
  t.after(() => loop.end());
  const { db } = loop.store;
  const token = { id: 't1', name: 'ci', hash: 'h', scopes: ['operate'], createdAt: startAt } as const;
  await tokens.insert(db, { ...token, createdBy: 'ann' });
  const behind = (name: string) => personBehind(db, name, { oncall: noOnCall, notifiers: [] });
  assert.deepEqual(
    await Promise.all(['mcp:ci', 'token:ci', 'ann', 'mcp:cli', 'mcp:ann', 'bob'].map(behind)),
    ['ann', 'ann', 'ann', 'cli', 'ann', 'bob'],
  );
  const notifiers = [{ name: 'phone' }];
  assert.equal(await personBehind(db, 'phone', { oncall: noOnCall, notifiers }), null, 'a channel is nobody');
});
