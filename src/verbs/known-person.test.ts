import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ServedApp, serveApp } from '../../test/served-app.ts';
import { knownPerson } from './known-person.ts';

const person = (id: string, name: string) => ({
  ...{ id, name, timezone: 'UTC', reach: {}, via: {}, quietHours: null, calendar: null },
});
let people: ReturnType<typeof person>[] = [];
let served: ServedApp;
before(async () => {
  served = await serveApp({
    change: (configuration) => ({ ...configuration, oncall: { ...configuration.oncall, people } }),
  });
});
after(() => served.stop());

test('a known person is found by id, name or account; a stranger is refused with who was meant', async () => {
  const known = (name: string) => knownPerson(served.app.ctx, 'owner', name);
  assert.equal(await known('whoever'), 'whoever', 'where nobody is known, any name goes');
  people = [person('ann', 'Ann Lee'), person('bob', 'Bob')];
  await served.restart();
  await served.setUp({ name: 'robin', password: 'correct horse battery' });
  assert.deepEqual(await Promise.all(['ann', 'ANN LEE', 'bob', 'Robin'].map(known)), [
    ...['ann', 'ann', 'bob', 'robin'],
  ]);
  await assert.rejects(
    known('bbo'),
    /owner: nobody in oncall\.people and no account .*"bbo"; did you mean bob\?/,
  );
  await assert.rejects(known('somebody else'), /"somebody else"; one of ann, bob, robin/);
});
