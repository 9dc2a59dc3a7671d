/** The escalation in a real file, edited over the API. */
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';

const yaml = `
name: served        # kept
targets: { it: { system: process, pidFile: /nonexistent/it.pid, every: 60s } }
notify: { hook: { notifier: console } }
oncall:
  policies:
    standard: { steps: [{ notify: hook }] } # kept too
  escalation: { critical: standard }
`;
const changes = [
  { path: ['oncall', 'policies', 'night'], value: { steps: [{ notify: 'hook', after: '5m' }] } },
  { path: ['oncall', 'escalation', 'high'], value: 'night' },
];

interface Edit {
  readonly digest: string;
  readonly diff: readonly { readonly kind: string; readonly text: string }[];
  readonly problems: readonly unknown[];
  readonly isWritten: boolean;
}

let served: ServedApp;
let file: string;
before(async () => {
  served = await serveApp({ yaml });
  file = join(served.folder, 'upkeep.yaml');
});
after(() => served.stop());

test('an edit is shown first, then written whole, with its mode, and journaled', async () => {
  writeFileSync(file, yaml);
  chmodSync(file, 0o640);
  const looked = await served.call<Edit>('configuration.edit', { changes });
  assert.deepEqual([looked.isWritten, looked.problems], [false, []]);
  assert.ok(looked.diff.some(({ kind, text }) => kind === 'added' && text.includes('night')));
  assert.equal(readFileSync(file, 'utf8'), yaml);
  const written = await served.call<Edit>('configuration.edit', {
    ...{ changes, write: true, digest: looked.digest },
  });
  assert.equal(written.isWritten, true);
  const text = readFileSync(file, 'utf8');
  assert.deepEqual(parse(text).oncall.escalation, { critical: 'standard', high: 'night' });
  assert.ok(text.includes('name: served        # kept') && text.includes('# kept too'));
  assert.equal(statSync(file).mode & 0o777, 0o640);
  const entries = await served.call<{ kind: string; payload: unknown }[]>('journal.list', { limit: 5 });
  assert.ok(entries.some(({ kind }) => kind === 'configuration.edited'));
});

test('what changed meanwhile, what is not valid and what is not the escalation is not written', async () => {
  writeFileSync(file, yaml);
  const edit = (input: Record<string, unknown>) => served.call<Edit>('configuration.edit', input);
  await assert.rejects(edit({ changes, write: true, digest: 'of another day' }), /changed meanwhile/);
  await assert.rejects(edit({ changes, write: true }), /changed meanwhile/);
  const wrong = [{ path: ['oncall', 'escalation', 'low'], value: 'nobody-like-this' }];
  const { problems, digest } = await edit({ changes: wrong });
  assert.equal(problems.length, 1);
  await assert.rejects(edit({ changes: wrong, write: true, digest }), /would not be valid/);
  for (const path of [
    ['guard', 'always', '0'],
    ['oncall', 'people', 'ann'],
    ['access', 'oidc', 'x'],
  ])
    await assert.rejects(edit({ changes: [{ path, value: 'x' }] }), /not edited from here/);
  assert.equal(readFileSync(file, 'utf8'), yaml);
});

test('nobody without the scope admin edits', async () => {
  const token = await served.token('read', 'operate', 'approve');
  const answer = await served.ask('POST', '/api/v1/configuration/edit', { token, body: { changes } });
  assert.equal(answer.status, 403);
});
