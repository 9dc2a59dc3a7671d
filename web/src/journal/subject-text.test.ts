import assert from 'node:assert/strict';
import { test } from 'node:test';
import { subjectText } from './subject-text.ts';

test('a subject is read as a noun and a name, an id by its beginning', () => {
  assert.equal(subjectText('target:db'), 'target db');
  assert.equal(subjectText('incident:01990d2c-77aa-7d2e-9c1c-5a3f8d1e2b4c'), 'incident 01990d2c');
  assert.equal(subjectText('configuration'), 'upkeep.yaml');
  assert.equal(subjectText('rotation:eu:west'), 'rotation eu:west');
});
