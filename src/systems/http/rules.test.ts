import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultRules } from '../../config/rules.ts';
import { http } from './index.ts';

test('every default rule reads and every rule that a diagnosis explains is there', () => {
  const { rules, problems } = defaultRules(http);
  assert.deepEqual(problems, []);
  const ids = new Set(rules.map((rule) => rule.id));
  for (const diagnosis of http.diagnoses) {
    for (const rule of diagnosis.explains) assert.ok(ids.has(rule), `${diagnosis.id} explains ${rule}`);
  }
});
