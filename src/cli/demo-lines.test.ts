import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JournalEntry } from '../core/view.ts';
import { createDemoLines } from './demo-lines.ts';

const entry = (kind: string, subject: string, payload: JournalEntry['payload'], text: string | null = null) =>
  ({
    seq: 1,
    at: 0,
    actor: 'upkeep',
    kind,
    subject,
    payload,
    hash: '',
    told: { title: kind, text, who: '' },
  }) satisfies JournalEntry;
const config = '/tmp/demo/upkeep.yaml';

test('a refusal is told with its reason and with the command that shows what the guard went by', () => {
  const lines = createDemoLines(config)(
    entry(
      'action.refused',
      'action:0123456789abcdef',
      { summary: 'Raise maxmemory' },
      'Raise maxmemory: budget: 4 of 4 are used',
    ),
  );
  assert.match(
    lines[0] ?? '',
    /^action\.refused +action:01234567\S* +Raise maxmemory: budget: 4 of 4 are used$/,
  );
  assert.equal(lines[1]?.trim(), `see: upkeep action show 0123456789abcdef -c ${config}`);
});

test('what waits for a yes is told with the commands that read it and answer it', () => {
  const [, second] = createDemoLines(config)(
    entry('action.awaiting-approval', 'action:0123', { digest: 'abc' }, 'Raise maxmemory: ask'),
  );
  assert.equal(
    second?.trim(),
    `yes: upkeep action approve 0123 --digest abc -c ${config}   no: upkeep action deny 0123 --reason "not now" -c ${config}`,
  );
});

test('what cannot be planned is said once, and again only when its reason is another', () => {
  const say = createDemoLines(config);
  const unplanned = (reason: string) =>
    entry('action.not-planned', 'target:db', { reason }, `x on db: ${reason}`);
  assert.equal(say(unplanned('none is idle')).length, 1);
  assert.deepEqual(say(unplanned('none is idle')), []);
  assert.equal(say(unplanned('it is gone')).length, 1);
});
