import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evidence, Scalar } from '../../../core/evidence.ts';
import { outOfMemory } from './findings.ts';

const row = {
  container: 'cache',
  status: 'running',
  exitCode: 0,
  oomKilled: true,
  memoryLimit: 24 * 2 ** 20,
};

function concluded(more: Readonly<Record<string, Scalar>>) {
  const all: Record<string, Scalar> = { ...row, kernelSaid: 'node', lastMemory: null, isIll: true, ...more };
  const evidence: Evidence = {
    ...{ id: 'engine.containers', target: 'engine', title: 'Containers', how: 'x', at: 0 },
    table: { columns: Object.keys(all), rows: [Object.values(all)] },
  };
  return outOfMemory.conclude([evidence], 'engine')[0];
}

test('what ended for want of memory, runs again and is not complained of leads no trouble of another container', () => {
  assert.equal(concluded({ isOthers: false })?.confidence, 0.95);
  assert.equal(concluded({ isOthers: true })?.confidence, 0.4);
  assert.equal(concluded({ isOthers: true, status: 'exited', exitCode: 137 })?.confidence, 0.95);
});
