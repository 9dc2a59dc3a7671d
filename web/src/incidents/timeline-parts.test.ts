import assert from 'node:assert/strict';
import { test } from 'node:test';
import { belongsTo } from './timeline-parts.ts';

test('what people did is told from what Upkeep did', () => {
  assert.equal(belongsTo({ kind: 'incident.noted', actor: 'ana' }, 'people'), true);
  assert.equal(belongsTo({ kind: 'alert.fired', actor: 'upkeep' }, 'people'), false);
  assert.equal(belongsTo({ kind: 'alert.fired', actor: 'upkeep' }, 'alerts'), true);
  assert.equal(belongsTo({ kind: 'message.sent', actor: 'upkeep' }, 'messages'), true);
});
