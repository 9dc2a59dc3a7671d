import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { actorText, eventSentence, eventTitle, eventWords, toldOf } from './journal-words.ts';

test('an entry is told by a title, a sentence where it says more, and who', () => {
  const payload = { rule: 'http.down', target: 'web', detail: 'connect ECONNREFUSED' };
  assert.deepEqual(toldOf({ actor: 'upkeep', kind: 'alert.fired', payload }), {
    title: 'Alert fired',
    text: 'http.down fired on web: connect ECONNREFUSED',
    who: 'Upkeep',
  });
  const cpu = { rule: 'host.cpu', target: 'machine', detail: '2 cores, up 23 h', said: '97 % against 90 %' };
  assert.equal(
    eventSentence({ kind: 'alert.fired', payload: cpu }),
    'host.cpu fired on machine: 2 cores, up 23 h (97 % against 90 %)',
  );
  assert.equal(eventSentence({ kind: 'incident.acknowledged', payload: {} }), null);
  assert.equal(actorText('token:ci'), 'the token ci');
  const refused = (told: object) =>
    eventSentence({ kind: 'login.refused', payload: { address: '::1', ...told } });
  assert.equal(
    refused({ account: 'zoe', reason: 'the password is wrong' }),
    'zoe: the password is wrong; from ::1',
  );
  assert.equal(refused({ reason: 'no account has that name' }), 'No account has that name; from ::1');
  assert.equal(refused({}), 'From ::1');
  const gap = { from: 1_000, to: 61_000, why: 'suspended' };
  assert.equal(
    eventSentence({ kind: 'gap.detected', payload: gap }),
    'Blind for 1 m until now: the machine slept or Upkeep was stopped',
  );
  assert.equal(
    eventSentence({ kind: 'clock.set-back', payload: { byMs: 3_600_000, jobs: 2, messages: 1 } }),
    'By 1 h: what waited comes in its time, 2 jobs and 1 message of it moved with the clock',
  );
});

test('what is not known is told by its name and its plain values, never as JSON', () => {
  assert.equal(eventTitle('drill.run-late'), 'Drill run late');
  const payload = { lateMs: 34_215, id: '01990d2c', at: 5, rows: [{ a: 1 }], isLate: true, who: null, n: 3 };
  assert.equal(eventSentence({ kind: 'drill.run-late', payload }), 'late 34.2 s, is late, n 3');
  assert.equal(eventSentence({ kind: 'drill.run-late', payload: { since: 1_795_407_950_201, n: 3 } }), 'n 3');
});

/** Kinds are written as `kind: '…'` or handed to a function that writes entries. */
const written = /\bkind: '([a-z-]+\.[a-z-]+)'|(?:note|journalIncident|entryOf)\([^'`)]*'([a-z-]+\.[a-z-]+)'/g;

test('every kind of entry that the code writes has a title', () => {
  const kinds = new Set<string>();
  for (const folder of ['pipeline', 'practices', 'http', 'verbs', 'store']) {
    const root = new URL(`../${folder}/`, import.meta.url);
    for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
      for (const [, one, other] of readFileSync(new URL(name, root), 'utf8').matchAll(written))
        kinds.add(one ?? other ?? '');
    }
  }
  assert.ok(kinds.size > 60, `only ${kinds.size} were found`);
  const unnamed = [...kinds].filter((kind) => !Object.hasOwn(eventWords, kind));
  assert.deepEqual(unnamed, []);
});
