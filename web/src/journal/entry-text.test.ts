import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryText } from './entry-text.ts';

test('an entry says its sentence, the sentences within, or its values', () => {
  assert.equal(entryText({ payload: { rule: 'http.down', summary: 'Does not answer' } }), 'Does not answer');
  assert.equal(
    entryText({ payload: { findings: [{ id: 'a', summary: 'nothing listens' }], round: 1 } }),
    'findings: nothing listens, round 1',
  );
  assert.equal(entryText({ payload: { findings: [] } }), 'findings: none');
  assert.equal(entryText({ payload: { resolveMs: 34_215, acknowledgeMs: null } }), 'resolve 34 s');
  assert.equal(entryText({ payload: {} }), '');
});
