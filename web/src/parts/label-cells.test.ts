import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelCells, type Node } from './label-cells.ts';

test('each cell carries the name of its column', () => {
  const cell = (tagName: string, value: string): Node => ({
    ...{ type: 'element', tagName, properties: { align: 'left' } },
    children: [{ type: 'text', value }],
  });
  const row = (...children: Node[]): Node => ({ type: 'element', tagName: 'tr', children });
  const [first, second] = [cell('td', 'db'), cell('td', 'well')];
  const body: Node = { type: 'element', tagName: 'tbody', children: [row(first, second)] };
  const head: Node = {
    ...{ type: 'element', tagName: 'thead' },
    children: [row(cell('th', 'Target'), cell('th', 'Now'))],
  };
  labelCells()({ type: 'root', children: [{ type: 'element', tagName: 'table', children: [head, body] }] });
  assert.deepEqual(first.properties, { align: 'left', dataLabel: 'Target' });
  assert.equal(second.properties?.dataLabel, 'Now');
});
