import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verbs } from '../../verbs/index.ts';
import { hasForm, printResult } from './result.ts';

const terminal = { out() {}, err() {}, hasColour: false, width: 200 };
const said = (verb: string, result: unknown) => printResult(terminal, verb, result, 0);

test('whatever a verb changed is told in its own words, never as raw fields', () => {
  const raw = verbs.filter(({ name, changes }) => changes && !hasForm(name)).map(({ name }) => name);
  assert.deepEqual(raw, []);
});

test('what ended with a change is told with it, in the number it has', () => {
  const change = { account: 'ann', endedSessions: 1, revokedTokens: ['a', 'b'] };
  assert.equal(
    said('account.disable', change),
    '✓ ann may not come in any more; 1 session ended, 2 tokens revoked',
  );
  assert.equal(
    said('account.role', { account: 'bob', from: 'viewer', role: 'operator', revokedTokens: [] }),
    '✓ bob was viewer and is operator now',
  );
  assert.equal(said('session.revoke', { ended: 0 }), '✓ no session was open');
});

test('an edit that is not written yet shows the difference and how to write it', () => {
  const edit = {
    ...{ file: 'upkeep.yaml', digest: 'd1', problems: [], isWritten: false },
    diff: [
      { kind: 'removed', text: 'low: a' },
      { kind: 'added', text: 'low: b' },
    ],
  };
  assert.equal(
    said('configuration.edit', edit),
    '- low: a\n+ low: b\nNot written yet; to write it, add --write true --digest d1',
  );
  const problem = { path: 'oncall.x', message: 'is no key', file: 'upkeep.yaml', line: 1, col: 1 };
  assert.match(
    said('configuration.edit', { ...edit, problems: [problem] }),
    /1 problem\n {2}oncall\.x: is no/,
  );
});
