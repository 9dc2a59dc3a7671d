import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leavingOf } from './split.ts';

const alert = (id: string, target: string, state: 'firing' | 'resolved' = 'firing') => ({
  ...{ id: `0199${id}`, rule: 'http.down', target, state },
});
const all = [
  alert('a1', 'web'),
  alert('a2', 'web', 'resolved'),
  alert('b1', 'db'),
  alert('c1', 'mail', 'resolved'),
];
const chosen = (choice: { alerts?: string[]; targets?: string[] }, of = all) => {
  const found = leavingOf(of, { alerts: [], targets: [], ...choice });
  return found.kind === 'leave' ? found.alerts.map(({ id }) => id).join(' ') : found.why;
};

test('what fires may leave, by its id or its beginning; by target its ended ones go with it', () => {
  assert.equal(chosen({ alerts: ['0199a1'] }), '0199a1');
  assert.equal(chosen({ targets: ['web'] }), '0199a1 0199a2');
});

test('what has ended stays, and every refusal says why and what can leave', () => {
  const offer =
    'these fire and can leave, by --targets or --alerts: web (http.down, 0199a1), db (http.down, 0199b1)';
  assert.equal(chosen({}), `name what leaves; ${offer}`);
  assert.equal(chosen({ alerts: ['0199a2'] }), `http.down on web (0199a2) has ended; ${offer}`);
  assert.equal(chosen({ targets: ['mail'] }), `nothing of mail fires any more; ${offer}`);
  assert.equal(chosen({ targets: ['wbe'] }), `no alert of this incident is of wbe; ${offer}`);
  assert.equal(chosen({ alerts: ['0199x'] }), `no alert of this incident is called 0199x; ${offer}`);
  assert.match(chosen({ alerts: ['0199a'] }), /^0199a is the beginning of 2 alerts; /);
  assert.match(chosen({ targets: ['web', 'db'] }), /^everything that fires would leave, .*at least one; /);
  assert.match(chosen({ targets: ['web'] }, all.slice(0, 2)), /one alert of it fires, and that stays$/);
  assert.match(
    chosen({ targets: ['mail'] }, all.slice(3)),
    /nothing of it fires, so nothing can be split off$/,
  );
});
