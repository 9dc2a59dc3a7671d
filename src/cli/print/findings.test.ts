import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evidence } from '../../core/evidence.ts';
import { printFindings } from './findings.ts';

const terminal = { out() {}, err() {}, hasColour: false, width: 160 };
const hidden = (target: string, unseen: string): Evidence => ({
  ...{ id: `${target}.sessions`, target, title: 'Sessions', at: 0, how: 'SELECT', unseen },
});

test('what could not be seen names the target that it belongs to, each line once', () => {
  const evidence = [hidden('db', 'no rights'), hidden('cache', 'no answer'), hidden('cache', 'no answer')];
  assert.deepEqual(printFindings(terminal, { findings: [], evidence }).split('\n').slice(2), [
    'Could not be seen',
    '  ? db: Sessions: no rights',
    '  ? cache: Sessions: no answer',
  ]);
});
