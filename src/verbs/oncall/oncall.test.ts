/** On-call over HTTP, on a real store. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';
import { eventually } from '../../../test/try-target.ts';
import type {
  DutyView,
  FeedView,
  HandOffView,
  LoadView,
  OverrideView,
  ScheduleView,
} from '../../core/oncall/view.ts';

// Half a day away, so that no hand-off falls into an override of these tests at any hour they run.
const handoff = `${String((new Date().getUTCHours() + 12) % 24).padStart(2, '0')}:00`;

const yaml = `
name: served
timezone: Europe/London
targets: { it: { system: process, pidFile: /nonexistent/it.pid, every: 60s } }
notify: { hook: { notifier: console } }
oncall:
  people:
    ann: { name: Ann Lee, reach: { hook: ann-secret-address } }
    bob: { reach: { hook: b } }
  rotations:
    primary: { people: [ann, bob], every: daily, handoff: "${handoff}" }
    office: { people: [ann], every: daily, during: "weekdays 09:00-17:00" }
  clocks: { critical: { respond: 5m, resolve: 4h } }
`;

let served: ServedApp;
let token: string;
before(async () => {
  served = await serveApp({ yaml });
  token = await served.token('read', 'operate');
});
after(() => served.stop());

async function get<T>(path: string): Promise<T> {
  const answer = await served.ask('GET', `/api/v1/oncall${path}`, { token });
  assert.equal(answer.status, 200, answer.text);
  return answer.json<T>();
}
const post = (path: string, body: unknown) => served.ask('POST', `/api/v1/oncall${path}`, { token, body });

test('now: who, why, since, until and who follows', async () => {
  const [primary] = await get<DutyView[]>('/now?rotation=primary');
  assert.ok(primary?.person);
  assert.equal(primary.until - primary.since >= 23 * 3_600_000, true);
  assert.equal(primary.next?.at, primary.until);
  assert.notEqual(primary.next?.person, primary.person);
  assert.equal(primary.why, 'layer primary');
  const next = await get<{ rotation: string; to: string }[]>('/next?limit=2');
  assert.deepEqual(
    next.map((one) => one.rotation),
    ['primary', 'primary'],
    'a person alone hands over to nobody',
  );
});

test('the list names ways, never addresses', async () => {
  const answer = await served.ask('GET', '/api/v1/oncall', { token });
  assert.ok(!answer.text.includes('ann-secret-address'));
  assert.deepEqual(answer.json<{ people: { reach: string[] }[] }>().people[0]?.reach, ['hook']);
});

test('the schedule shows gaps and says what is wrong with it', async () => {
  const [office] = await get<ScheduleView[]>('/schedule?rotation=office&from=2036-11-24&to=2036-12-01');
  assert.equal(office?.shifts.filter((shift) => shift.isGap).length, 6);
  assert.equal(office?.shifts.filter((shift) => shift.person === 'ann').length, 5);
  assert.ok(office.quality.score < 30, String(office.quality.score));
  assert.match(office.quality.hints.join(), /nobody is on call for 128 h in 6 gaps/);
  assert.match(office.quality.hints.join(), /ann is on call alone/);
});

test('an override holds at once, shows why, and can be taken back; a swap exchanges turns', async () => {
  const [before_] = await get<DutyView[]>('/now?rotation=primary');
  const other = before_?.person === 'ann' ? 'bob' : 'ann';
  const made = (
    await post('/overrides', { rotation: 'primary', person: other, to: '+4h', why: 'dentist' })
  ).json<OverrideView>();
  const told = async () =>
    (await served.ask('GET', '/api/v1/journal?subject=rotation:primary', { token })).json<
      { kind: string }[]
    >();
  await eventually(told, (entries) => entries.some(({ kind }) => kind === 'oncall.handed-off'));
  const [during] = await get<DutyView[]>('/now?rotation=primary');
  assert.equal(during?.person, other);
  assert.match(during?.why ?? '', /^override by token:.*: dentist, instead of /);
  assert.equal(during?.overrideUntil, made.to);
  const gone = await served.ask('DELETE', `/api/v1/oncall/overrides/${made.id}`, { token });
  assert.equal(gone.status, 200, gone.text);
  const [again] = await get<DutyView[]>('/now?rotation=primary');
  assert.equal(again?.person, before_?.person);
  const twice = await served.ask('DELETE', `/api/v1/oncall/overrides/${made.id}`, { token });
  assert.equal(twice.status, 404);

  const range = '/schedule?rotation=primary&from=2027-03-01&to=2027-03-08';
  const [plan] = await get<ScheduleView[]>(range);
  const swapped = await post('/swaps', {
    rotation: 'primary',
    person: 'ann',
    with: 'bob',
    from: '2027-03-01',
    to: '2027-03-08',
  });
  assert.equal(swapped.status, 200, swapped.text);
  const [after_] = await get<ScheduleView[]>(range);
  const flipped = plan?.shifts.map(({ person }) => (person === 'ann' ? 'bob' : 'ann'));
  assert.deepEqual(
    after_?.shifts.map((shift) => shift.person),
    flipped,
  );
});

test('what makes no sense is refused with a remedy', async () => {
  for (const [path, body, status] of [
    ['/overrides', { rotation: 'primray', person: 'ann', to: '+1h' }, 404],
    ['/overrides', { rotation: 'primary', person: 'nobody', to: '+1h' }, 404],
    ['/overrides', { rotation: 'primary', person: 'ann', to: 'later' }, 400],
    ['/overrides', { rotation: 'primary', person: 'ann', from: '+2h', to: '+1h' }, 400],
    ['/swaps', { rotation: 'primary', person: 'ann', with: 'ann', to: '+1h' }, 400],
    ['/feeds', {}, 400],
  ] as const) {
    const answer = await post(path, body);
    assert.equal(answer.status, status, answer.text);
  }
});

test('a calendar is read by its secret address alone, and ends when a new one is given out', async () => {
  const given = (await post('/feeds', { person: 'ann' })).json<{ url: string }>();
  const path = new URL(given.url).pathname;
  const answer = await served.ask('GET', path);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-type'], 'text/calendar; charset=utf-8');
  assert.match(answer.text, /^BEGIN:VCALENDAR\r\n/);
  assert.match(answer.text, /SUMMARY:On call: primary\r\n/);
  await post('/feeds', { person: 'ann' });
  assert.equal((await served.ask('GET', path)).status, 404);
  assert.equal((await served.ask('GET', '/calendars/x.ics')).status, 404);
});

test('the note of the shift and the load are there before anything has happened', async () => {
  const [note] = await get<HandOffView[]>('/handoff?rotation=primary');
  assert.match(note?.markdown ?? '', /: nothing to hand over\. No incident was opened/);
  assert.match(note?.markdown ?? '', /of before that nothing is known/);
  assert.doesNotMatch(note?.markdown ?? '', /None\./);
  const load = await get<LoadView>('/load');
  assert.deepEqual(
    load.people.map(({ person, pages }) => [person, pages]),
    [
      ['ann', 0],
      ['bob', 0],
    ],
  );
  assert.equal(load.response.find((one) => one.level === 'critical')?.limitMs, 300_000);
});

test('nobody was on call before there was an Upkeep to be called by', async () => {
  const hours = async () => (await get<LoadView>('/load')).people.map(({ hoursOnCall }) => hoursOnCall);
  assert.deepEqual(await hours(), [0, 0], 'of an installation that is seconds old');
  served.pass(4 * 24 * 3_600_000);
  const [ann = 0, bob = 0] = await hours();
  assert.equal(bob >= 46 && bob <= 50, true, `${bob} h of four days with turns of a day`);
  assert.ok(ann >= bob, 'who has the office too is counted for both');
});

test('addresses of calendars are listed without their secret, and ended', async () => {
  const { url } = (await post('/feeds', { rotation: 'office' })).json<{ url: string }>();
  const feeds = await get<FeedView[]>('/feeds');
  const office = feeds.find(({ name }) => name === 'office');
  assert.equal(office?.kind, 'rotation');
  assert.match(office?.createdBy ?? '', /^token:/);
  assert.ok(!JSON.stringify(feeds).includes(url.split('/').at(-1)?.slice(0, 20) ?? ''));
  const ended = await served.ask('DELETE', '/api/v1/oncall/feeds/rotation/office', { token });
  assert.equal(ended.status, 200, ended.text);
  assert.equal((await served.ask('GET', new URL(url).pathname)).status, 404);
  const again = await served.ask('DELETE', '/api/v1/oncall/feeds/rotation/office', { token });
  assert.equal(again.status, 404);
});

test('what somebody writes down stands in the hand-off note of that rotation alone', async () => {
  const written = await post('/notes', { rotation: 'primary', text: 'the **restore** runs until Tuesday' });
  assert.equal(written.status, 200, written.text);
  assert.equal((await post('/notes', { rotation: 'nobody', text: 'x' })).status, 404);
  const [primary, office] = await get<HandOffView[]>('/handoff');
  assert.match(primary?.markdown ?? '', /### Said by people\n\n- .*: the \*\*restore\*\* runs until Tuesday/);
  assert.doesNotMatch(office?.markdown ?? '', /restore/);
});
