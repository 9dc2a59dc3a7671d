import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { systemClock } from '../clock.ts';
import type { DrillScore } from '../core/drill/score.ts';
import type { Scoreboard } from '../core/drill/scoreboard.ts';
import { drills } from '../drills/catalogue/index.ts';
import { notifiers } from '../notifiers/index.ts';
import { systems } from '../systems/index.ts';
import { readBoard } from '../verbs/drill/scoreboard.ts';
import { Usage } from './configuration.ts';
import { chooseDrills, machine, playAndReport, runChosenDrills, sayProgress } from './drill-session.ts';

const folder = mkdtempSync(join(tmpdir(), 'upkeep-drill-session-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function session() {
  const told = { out: '', err: '', code: 0 };
  const write = (to: 'out' | 'err') => (text: string) => {
    told[to] += `${text}\n`;
  };
  const terminal = { out: write('out'), err: write('err'), hasColour: false, width: 200 };
  const world = { clock: systemClock, systems, notifiers, env: {}, cwd: folder };
  const exit = (code: number) => {
    told.code = code;
  };
  return { told, world, terminal, exit };
}

const score = (id: string, more: Partial<DrillScore> = {}): DrillScore => ({
  ...{ id, title: id, row: '1', isControl: false, passed: true, faults: [], mitigation: 'explain' },
  ...{ detectMs: 1, localiseMs: 2, mitigateMs: null, rank: 1, top1: true, top3: true, action: null },
  ...{ held: null, falseActions: [], damage: [], said: null, tookMs: 60_000, ...more },
});
const board = (more: Partial<Scoreboard>): Scoreboard => ({
  ...{
    startedAt: 0,
    endedAt: 1_000,
    machine: machine(),
    holdMs: 5_000,
    scores: [],
    notPossible: [],
    ...more,
  },
});
const redis = chooseDrills(['redis'], drills);

test('a run goes on where the report ends: what has a result there is not played, what has none is', async () => {
  const report = join(folder, 'half.md');
  const [first, ...rest] = redis.map(({ id }) => id);
  const half = board({ scores: [score(first ?? '')] });
  writeFileSync(join(folder, 'half.json'), JSON.stringify(half));
  const told = session();
  // No time is left, so no server is started.
  await runChosenDrills(told, redis, { holdMs: 1, report, continue: true, atMostMs: 0 });
  assert.match(
    told.told.err,
    new RegExp(`^1 of ${redis.length} drills stand in .*half.md; ${rest.length} are left`),
  );
  const whole = readBoard(readFileSync(join(folder, 'half.json'), 'utf8'));
  assert.deepEqual(whole.scores, half.scores, 'what was played before stays');
  assert.deepEqual(whole.notPossible.map(({ id }) => id).toSorted(), rest.toSorted());
  assert.match(whole.notPossible[0]?.why ?? '', /the time was up before it was played/);
  assert.match(readFileSync(report, 'utf8'), /; 1 m for 1 drill\. /);
});

test('results of another version are played again, and without a report there is nothing to continue', async () => {
  const scores = redis.map(({ id }) => score(id));
  writeFileSync(join(folder, 'old.json'), JSON.stringify(board({ machine: 'another', scores })));
  const told = session();
  const options = { holdMs: 1, continue: true, atMostMs: 0 };
  await runChosenDrills(told, redis, { ...options, report: join(folder, 'old.md') });
  assert.match(told.told.err, /old\.md is of another; here it is .*, so all are played again/);
  await assert.rejects(async () => runChosenDrills(told, redis, options), Usage);
  writeFileSync(join(folder, 'torn.json'), '{"scores": [');
  await assert.rejects(
    async () => runChosenDrills(told, redis, { ...options, report: join(folder, 'torn.md') }),
    (error) => error instanceof Usage && /torn\.json holds no results of drills/.test(error.message),
  );
});

test('the report is there after each drill, whatever becomes of the next', async () => {
  const report = join(folder, 'killed.md');
  const told = session();
  const killed = playAndReport(told, { holdMs: 1, report }, async (_, onBoard) => {
    onBoard(board({ scores: [score('a')] }));
    throw new Error('killed');
  });
  await assert.rejects(killed, /killed/);
  assert.match(readFileSync(report, 'utf8'), /\| a \| 1 \| passed \|/);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith('.part')),
    [],
  );
});

test('progress says the place, the time spent and, of a failure, what Upkeep said instead', () => {
  const { told, terminal } = session();
  let now = 0;
  const say = sayProgress(terminal, 2, { ...systemClock, now: () => now });
  say({ id: 'a', does: 'breaks a' }, null);
  now = 120_000;
  say({ id: 'a', does: '' }, score('a'));
  say({ id: 'b', does: 'breaks b' }, null);
  say(
    { id: 'b', does: '' },
    score('b', { passed: false, faults: ['the cause was not named'], said: 'it rains' }),
  );
  assert.equal(
    told.err,
    [
      '[1 of 2, after 0 ms] a: breaks a',
      '  passed: detected in 1 ms, explained in 2 ms (it took 1 m)',
      '[2 of 2, after 2 m] b: breaks b',
      '  FAILED: the cause was not named; said first: it rains (it took 1 m)',
      '',
    ].join('\n'),
  );
});
