import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../test/simulation/fake-clock.ts';
import {
  down,
  minuteMs,
  secondMs,
  startAt,
  startLoop,
  toySystem,
  toyTarget,
  up,
} from '../../../test/simulation/loop.ts';
import type { LogSource, LogTail, RawLine } from '../../core/log/view.ts';
import type { NewRule } from '../../core/rule.ts';

/** A file that a test writes to. */
function scriptedLog(sources: readonly LogSource[] = [{ path: '/var/log/web.log', unseen: null }]) {
  let lines: RawLine[] = [];
  const tail: LogTail = {
    async poll() {
      const written = lines;
      lines = [];
      return written;
    },
    sources: () => sources,
    close: async () => {},
  };
  return {
    logs: { openTail: () => tail, timezone: 'UTC' },
    write: (...texts: string[]) =>
      void lines.push(...texts.map((text) => ({ file: '/var/log/web.log', text, isPast: false }))),
  };
}

const web = toyTarget('web', { logs: ['/var/log/web.log'] });

test('an incident shows what the log says since the onset, without secrets, and says what it means', async () => {
  let isDown = false;
  const { logs, write } = scriptedLog();
  const loop = await startLoop({ targets: [web], logs, probe: async () => (isDown ? down : up) });
  for (let passed = 0; passed < 20; passed++) {
    write('INFO served a page');
    await loop.pass(minuteMs);
  }
  isDown = true;
  write('ERROR connect ECONNREFUSED 10.0.0.7:5432 password=hunter2', '\u001b[2J<script>alert(1)</script>');
  await loop.pass(30 * secondMs);
  const [incident] = await loop.incidents();
  const evidence = incident?.evidence.find(({ id }) => id === 'web.logs');
  assert.match(evidence?.title ?? '', /2 new patterns, 0 more often/);
  assert.match(evidence?.text ?? '', /ERROR connect ECONNREFUSED/);
  const kept = JSON.stringify(incident);
  assert.doesNotMatch(kept, /hunter2/);
  assert.doesNotMatch(kept, /\\u001b/);
  const finding = incident?.findings.find(({ id }) => id === 'log.known-message');
  assert.equal(finding?.summary, 'the log of web says that something that it needs refuses connections');
  assert.deepEqual(finding?.evidence, ['web.logs']);
  assert.deepEqual(finding?.decides, ['who listens on the address that the line names']);
  await loop.end();
});

test('what a log says of statements of our own is no news, with the lines that belong to it', async () => {
  let isDown = false;
  const { logs, write } = scriptedLog();
  const system = toySystem({ probe: async () => (isDown ? down : up) });
  const clock = fakeClock(startAt, async () => {});
  const bind = (settings: typeof web) => ({
    settings,
    bound: {
      ...system.bind(settings, { clock, folder: '/' }),
      isOwnLogLine: (line: string) => line.includes('[812]'),
    },
    metrics: {},
  });
  const loop = await startLoop({ targets: [web], logs, bind, probe: async () => (isDown ? down : up) });
  for (let passed = 0; passed < 20; passed++) {
    write('INFO served a page');
    await loop.pass(minuteMs);
  }
  isDown = true;
  write('[812] ERROR: canceling statement due to lock timeout', '\tFROM the catalogue of Upkeep');
  write('[900] ERROR: relation orders does not exist');
  await loop.pass(30 * secondMs);
  const kept = JSON.stringify(loop.pipeline.logs.view('web', { from: 0, to: loop.clock.now() }));
  assert.match(kept, /relation orders/);
  assert.doesNotMatch(kept, /lock timeout|catalogue/);
  await loop.end();
});

test('a file that cannot be read is evidence of what could not be seen', async () => {
  const { logs } = scriptedLog([{ path: '/var/log/web.log', unseen: 'Upkeep may not read it' }]);
  const loop = await startLoop({ targets: [web], logs, probe: async () => down });
  await loop.pass(30 * secondMs);
  const [incident] = await loop.incidents();
  const unseen = incident?.evidence.flatMap((item) => item.unseen ?? []);
  assert.deepEqual(unseen, ['/var/log/web.log: Upkeep may not read it']);
  await loop.end();
});

const newError: NewRule = {
  id: 'log.new-error',
  kind: 'new',
  summary: 'new',
  metric: 'log.errors',
  label: 'pattern',
  forMs: 0,
  clearForMs: 0,
  levels: { warning: 'low', critical: 'medium' },
  learnMs: 60 * minuteMs,
  holdMs: 10 * minuteMs,
  critical: false,
  enabled: true,
  runbook: '',
};

test('an error of a new kind fires once the usual ones are learned, and patterns outlive a restart', async () => {
  const first = scriptedLog();
  const target = toyTarget('web', { logs: ['/var/log/web.log'], rules: [newError] });
  const loop = await startLoop({ targets: [target], logs: first.logs });
  for (let passed = 0; passed < 90; passed++) {
    first.write(`ERROR payment ${passed} was declined`);
    await loop.pass(minuteMs);
  }
  assert.deepEqual(await loop.incidents(), []);
  first.write('ERROR no space left on device');
  await loop.pass(3 * minuteMs);
  const [incident] = await loop.incidents();
  assert.equal(incident?.level, 'low');
  await loop.pipeline.stop();
  const left = await loop.kill();
  const second = scriptedLog();
  const again = await startLoop({ targets: [target], logs: second.logs, ...left });
  await again.pass(10 * secondMs);
  second.write('ERROR payment 7 was declined');
  await again.pass(10 * secondMs);
  const view = again.pipeline.logs.view('web', { from: startAt, to: again.clock.now() });
  const known = view?.patterns.find(({ key }) => key.includes('payment'));
  assert.equal(known?.count, 91);
  assert.ok((known?.firstAt ?? 0) < startAt + minuteMs);
  await again.end();
});
