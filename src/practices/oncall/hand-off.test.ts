/** Notes at hand-offs and calendars of absences, on a clock that is told the time. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fakeClock } from '../../../test/simulation/fake-clock.ts';
import { down, type Loop, minuteMs, startAt, startLoop, toyTarget } from '../../../test/simulation/loop.ts';
import type { Message } from '../../core/message.ts';
import { noOnCall, type OnCall, type Person } from '../../core/oncall/model.ts';
import { createJobRunner } from '../../pipeline/run-jobs.ts';
import * as oncallRows from '../../store/oncall.ts';
import { importAbsences } from './absences.ts';
import { lookAtHandOffs, scheduleHandOffs } from './hand-off.ts';

const hourMs = 60 * minuteMs;

function person(id: string, changes: Partial<Person> = {}): Person {
  return {
    ...{ id, name: id.toUpperCase(), timezone: 'UTC', reach: { phone: `+${id}` }, via: {} },
    ...{ quietHours: null, calendar: null },
    ...changes,
  };
}

const oncall: OnCall = {
  ...noOnCall,
  people: [person('ann'), person('bob')],
  rotations: [
    {
      name: 'primary',
      overrides: [],
      layers: [
        {
          ...{ name: 'all', people: ['ann', 'bob'], timezone: 'UTC', turnMinutes: 720 },
          ...{ anchor: '2024-01-01T08:00', startsAt: 0, endsAt: null, during: [] },
        },
      ],
    },
  ],
};

async function withHandOffs(changes: Partial<Parameters<typeof startLoop>[0]> = {}) {
  const notes: Message[] = [];
  const loop = await startLoop({
    targets: [toyTarget('web', { everyMs: 20 * minuteMs })],
    probe: async () => down,
    configuration: {
      oncall,
      notifiers: ['post', 'phone'].map((name) => ({ name, kind: 'test', settings: {} })),
    },
    channels: {
      async phone(message) {
        if (message.event === 'oncall.handoff') notes.push(message);
        return { kind: 'delivered' };
      },
    },
    ...changes,
  });
  const handOffs = scheduleHandOffs(loop.desk);
  const runner = createJobRunner(loop.desk, handOffs.jobs, 'test');
  runner.start();
  await handOffs.start();
  return { loop, notes, runner };
}

test('whoever takes over gets a note of what is open and what happened, once for each hand-off', async () => {
  const { loop, notes, runner } = await withHandOffs();
  await loop.pass(8 * hourMs + minuteMs);
  assert.equal(notes.length, 1);
  const [note] = notes;
  assert.ok(note?.to);
  assert.match(note.notice?.title ?? '', /^Hand-off of primary: (ANN to BOB|BOB to ANN)$/);
  assert.equal(note.notice?.title.endsWith(note.to.person.toUpperCase()), true);
  assert.match(
    note.notice?.markdown ?? '',
    /### Open now\n\n- \*\*SEV1\*\* web: is down, since .*, nobody has acknowledged it/,
  );
  await loop.pass(12 * hourMs);
  assert.equal(notes.length, 2);
  assert.notEqual(notes[1]?.to?.person, note.to.person);
  await runner.stop(0);
  await loop.end();
});

test('a hand-off while Upkeep was down is told after the start; an override that begins now is told now', async () => {
  const first = await withHandOffs();
  await first.loop.pass(7 * hourMs);
  await first.runner.stop(0);
  const left = await first.loop.kill();
  const second = await withHandOffs({ folder: left.folder, clock: fakeClock(startAt + 9 * hourMs) });
  await second.loop.pass(minuteMs);
  assert.equal(second.notes.length, 1);
  const now = second.loop.clock.now();
  const other = second.notes[0]?.to?.person === 'ann' ? 'bob' : 'ann';
  await second.loop.store.transaction(async (tx) => {
    await oncallRows.insertOverride(tx, {
      ...{ id: 'o', rotation: 'primary', person: other, replaces: null, from: now, to: now + hourMs },
      ...{ by: 'ann', why: '', madeAt: now },
    });
    await lookAtHandOffs(tx, now);
  });
  second.loop.desk.changed();
  await second.loop.pass(1_000);
  assert.equal(second.notes.length, 2, 'at once');
  assert.deepEqual(second.notes.map((one) => one.to?.person).at(-1), other);
  await second.runner.stop(0);
  await second.loop.end();
});

const leave = (day: string) =>
  `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:${day}\r\nSUMMARY:Leave\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`;

async function imported(loop: Loop): Promise<void> {
  const absences = importAbsences(loop.desk);
  await absences.jobs['oncall-absences']?.({});
}

test('absences come from a file or an address; what cannot be read any more keeps what it said', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-calendar-'));
  const day = new Date(startAt + 86_400_000).toISOString().slice(0, 10).replaceAll('-', '');
  writeFileSync(join(folder, 'ann.ics'), leave(day));
  let status = 200;
  const server = createServer((_, response) => response.writeHead(status).end(leave(day)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const people = [
    person('ann', { calendar: join(folder, 'ann.ics') }),
    person('bob', { calendar: `http://127.0.0.1:${port}/secret-of-bob.ics` }),
  ];
  const { loop, runner } = await withHandOffs({ configuration: { oncall: { ...oncall, people } } });
  const known = async () => {
    const found = await oncallRows.absences(loop.store.db, startAt, startAt + 10 * 86_400_000);
    return found.map((one) => `${one.person} ${one.why}`).sort();
  };
  await imported(loop);
  assert.deepEqual(await known(), ['ann Leave', 'bob Leave']);
  status = 500;
  await imported(loop);
  assert.deepEqual(await known(), ['ann Leave', 'bob Leave']);
  const [entry] = await loop.journal('oncall.calendar-unread');
  assert.deepEqual(entry?.payload, { detail: 'the server answered 500' });
  writeFileSync(join(folder, 'ann.ics'), '<html>');
  await imported(loop);
  assert.deepEqual(await known(), ['ann Leave', 'bob Leave']);
  server.closeAllConnections();
  server.close();
  await runner.stop(0);
  await loop.end();
  rmSync(folder, { recursive: true });
});
