import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reasonText } from './answers.ts';
import { fieldsOf, inputOf } from './input-draft.ts';

const schema = {
  properties: {
    pid: { type: 'integer', description: 'Process id' },
    signal: { type: 'string', enum: ['SIGHUP', 'SIGUSR1'] },
    even: { type: 'boolean', default: false },
    columns: { type: 'array' },
    why: { type: 'string' },
  },
  required: ['pid', 'signal'],
};

test('fields follow the schema of the action', () => {
  const fields = fieldsOf(schema);
  assert.deepEqual(
    fields.map(({ kind }) => kind),
    ['number', 'choice', 'yes-no', 'json', 'text'],
  );
  assert.deepEqual([fields[0]?.isNeeded, fields[2]?.isNeeded, fields[2]?.usual], [true, false, 'false']);
  assert.deepEqual(fieldsOf({ type: 'object' }), []);
});

test('what was typed becomes the input once all that is needed reads as what it must be', () => {
  const fields = fieldsOf(schema);
  assert.equal(inputOf(fields, { pid: '812' }), undefined);
  assert.equal(inputOf(fields, { pid: 'many', signal: 'SIGHUP' }), undefined);
  assert.equal(inputOf(fields, { pid: '812', signal: 'SIGHUP', columns: '[' }), undefined);
  assert.deepEqual(
    JSON.parse(
      inputOf(fields, { pid: '812', signal: 'SIGHUP', even: 'true', columns: '[1]', why: ' ' }) ?? '',
    ),
    { pid: 812, signal: 'SIGHUP', even: true, columns: [1] },
  );
});

test('reasons read as sentences', () => {
  assert.equal(reasonText('policy ask: a; b'), 'The policy wants a person to decide: a; b');
  assert.equal(reasonText('no policy names a on b'), 'No policy names a on b');
});
