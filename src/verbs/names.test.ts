/** A name that nobody has is answered with the one that was probably meant, whatever it is a name of. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ServedApp, serveApp } from '../../test/served-app.ts';
import { UpkeepError } from '../core/verb.ts';

let served: ServedApp;
before(async () => {
  served = await serveApp({
    yaml: `name: names
targets: { database: { system: process, pidFile: /nonexistent/it.pid, every: 60s } }
services: { checkout: { targets: [database], slo: { availability: 99.9% } } }
notify: { terminal: { notifier: console } }
oncall:
  people: { annette: { name: Annette, reach: { terminal: annette } }, bob: { name: Bob, reach: { terminal: bob } } }
  rotations: { primary: { people: [annette, bob], every: 7d, handoff: "09:00", start: "2026-01-05" } }
`,
  });
});
after(() => served.stop());

async function refusal(verb: string, input: Record<string, unknown>): Promise<UpkeepError> {
  const error: unknown = await served.call(verb, input).then(
    () => assert.fail(`${verb} took ${JSON.stringify(input)}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof UpkeepError, String(error));
  return error;
}

const span = { from: '+1d', to: '+2d' };
const cases: readonly (readonly [string, Record<string, unknown>, string])[] = [
  ['target.show', { name: 'databsae' }, 'database'],
  ['target.investigate', { target: 'databsae' }, 'database'],
  ['samples.query', { target: 'databsae', metric: 'process.uptime' }, 'database'],
  ['change.list', { target: 'databsae' }, 'database'],
  ['action.propose', { target: 'databsae', action: 'process.start', why: 'a test' }, 'database'],
  ['action.propose', { target: 'database', action: 'process.strat', why: 'a test' }, 'process.start'],
  ['rule.show', { rule: 'process.dwon' }, 'process.down'],
  ['slo.show', { service: 'chekout' }, 'checkout'],
  ['notifier.test', { name: 'terminla' }, 'terminal'],
  ['oncall.swap', { rotation: 'primray', person: 'annette', with: 'bob', ...span }, 'primary'],
  ['oncall.swap', { rotation: 'primary', person: 'anette', with: 'bob', ...span }, 'annette'],
  ['token.create', { name: 'ci', scopes: 'raed,operate' }, 'read'],
  ['token.create', { name: 'ci', scopes: ['raed'] }, 'read'],
];

for (const [verb, input, meant] of cases)
  test(`${verb} ${JSON.stringify(input)} asks for ${meant}`, async () => {
    const error = await refusal(verb, input);
    assert.match(error.message, new RegExp(`did you mean ${meant}\\?`));
    assert.ok(error.code === 'not-found' || error.code === 'bad-input', error.code);
  });

test('a duration in a unit that there is not is answered with the units that there are', async () => {
  const { message } = await refusal('silence.create', {
    matchers: 'target=database',
    for: '2q',
    reason: 'a test',
  });
  assert.match(message, /^for: "2q" is no duration; use ms, s, m, h, d or w, such as 30m, 2h or 3d$/);
  const long = await refusal('silence.create', {
    matchers: 'target=database',
    for: '100d',
    reason: 'a test',
  });
  assert.match(long.message, /^for: 100d is too long; at most 90d$/);
});

test('a swap that makes no sense says which word is wrong', async () => {
  const swap = (change: Record<string, unknown>) =>
    refusal('oncall.swap', { rotation: 'primary', person: 'annette', with: 'bob', ...span, ...change });
  assert.match(
    (await swap({ with: 'annette' })).message,
    /^with: annette cannot swap with annette; name the other person$/,
  );
  assert.match(
    (await swap({ from: 'tomorow' })).message,
    /^from: "tomorow" is no time; use "2026-12-24 09:00", \+2h or now$/,
  );
  assert.match((await swap({ from: '+3d' })).message, /^to: the swap would end before it begins/);
});

test('a token is revoked by its name, or by its id or the beginning of it', async () => {
  await served.call('token.create', { name: 'deploy', scopes: 'read' });
  const { id } = await served.call<{ id: string }>('token.create', { name: 'nightly', scopes: 'read' });
  assert.match(
    (await refusal('token.revoke', { id: 'depoly' })).message,
    /^no token .*did you mean deploy\?/,
  );
  assert.deepEqual(
    await served.call('token.revoke', { id: 'Deploy' }).then((one) => Object(one).name),
    'deploy',
  );
  assert.deepEqual(await served.call('token.revoke', { id }).then((one) => Object(one).id), id);
  assert.equal((await refusal('token.revoke', { id: 'deploy' })).code, 'not-found', 'it is revoked already');
});
