import assert from 'node:assert/strict';
import { test } from 'node:test';
import { showingProgress } from './follow-backup.ts';

const idle = { name: 'logs', underWay: null };
const busy = { name: 'shop', underWay: 'writing shop: about 43 %, about 2 min left' };

function waiting(answers: readonly unknown[]) {
  const shown: string[] = [];
  const over = Promise.withResolvers<string>();
  let asked = 0;
  const connection = {
    async call() {
      const answer = answers[asked++];
      if (asked > answers.length) return new Promise(() => {});
      if (asked === answers.length) setImmediate(() => over.resolve('taken'));
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  const session = {
    world: { clock: { sleep: () => new Promise<void>((resolve) => setImmediate(resolve)) } },
    terminal: { passing: (line: string) => void shown.push(line) },
  };
  return { shown, connection, session, over: () => over.promise };
}

test('whoever waits for a backup at a terminal sees how far it is, in one line that is cleared at the end', async () => {
  const { shown, connection, session, over } = waiting([
    { plans: [idle, busy] },
    new Error('restarted'),
    { plans: [idle] },
  ]);
  assert.equal(await showingProgress(connection, session, 'backup.take', over), 'taken');
  assert.deepEqual(shown.slice(0, 2), ['shop: writing shop: about 43 %, about 2 min left', '']);
  assert.equal(shown.at(-1), '');
});

test('nothing is asked for a verb that answers at once, nor where nobody sits before it', async () => {
  const { shown, connection, session } = waiting([]);
  assert.equal(await showingProgress(connection, session, 'backup.list', async () => 'listed'), 'listed');
  assert.equal(
    await showingProgress(connection, { ...session, terminal: {} }, 'backup.take', async () => 'taken'),
    'taken',
  );
  assert.deepEqual(shown, []);
});
