import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { serveApp } from '../../../test/served-app.ts';
import { systemClock } from '../../clock.ts';
import { systems } from '../../systems/index.ts';
import { commands } from '../program.ts';
import { processTerminal } from '../terminal.ts';
import { awaited, ofBackups, ofEngines, ofTarget } from './doctor.ts';

test('doctor waits for what is about to be looked at; what is not due yet is said, and is no finding', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'upkeep-doctor-'));
  const before = process.cwd();
  process.chdir(cwd);
  const pidFile = join(cwd, 'it.pid');
  writeFileSync(pidFile, String(process.pid));
  const target = (every: string) => ({ system: 'process', pidFile, every });
  const text = JSON.stringify({ name: 'new', targets: { soon: target('2s'), late: target('1d') } });
  writeFileSync(join(cwd, 'upkeep.yaml'), text);
  const served = await serveApp({ yaml: text });
  t.after(async () => {
    await served.stop();
    process.chdir(before);
    rmSync(cwd, { recursive: true });
  });
  const env = { UPKEEP_URL: served.url, UPKEEP_TOKEN: await served.token('read') };
  let code = 0;
  const lines: string[] = [];
  const terminal = { ...processTerminal({}), out: (line: string) => void lines.push(line) };
  const world = { clock: systemClock, systems, notifiers: [], env, cwd };
  await commands({ world, terminal, exit: (next) => (code = next) }).parseAsync(['doctor'], { from: 'user' });
  const said = lines.join('\n');
  assert.equal(code, 0, said);
  assert.doesNotMatch(said, /soon/);
  assert.match(said, /^✓ Nothing is lacking in what was looked at\.$/m);
  assert.match(
    said,
    /^· late: not looked at yet: process\.\w+.*; first look due \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n +upkeep doctor, again then$/m,
  );
  assert.match(said, /^Times are those of /m);
});

test('what should have been looked at and was not is unknown, and unknown is not well', () => {
  const check = { everyMs: 1_000, lastAt: null, lastMs: null, ok: null, why: null, detail: '', missing: [] };
  const target = {
    name: 'db',
    checks: [
      { probe: 'postgres.up', ...check, dueAt: 1_000 },
      { probe: 'postgres.bloat', ...check, dueAt: 90_000 },
      { probe: 'postgres.size', ...check, dueAt: 70_000 },
    ],
  };
  assert.deepEqual(
    awaited(target, 60_000).map(({ problem, isUnknown, dueAt }) => [problem, isUnknown, dueAt]),
    [
      ['was due and has not been looked at: postgres.up', true, undefined],
      ['not looked at yet: postgres.bloat, postgres.size', undefined, 90_000],
    ],
  );
  assert.deepEqual(awaited({ name: 'db', checks: [{ probe: 'x', ...check, lastAt: 1 }] }, 60_000), []);
});

test('doctor names the packages that the engine of a backup needs and that are not here', () => {
  const engines = systems
    .flatMap((system) => system.engines)
    .filter(({ id }) => id === 'postgres.pgbackrest')
    .map((engine) => ({
      ...engine,
      programs: [
        ...engine.programs,
        { name: 'no-such-program', apt: 'nothing' },
        { name: 'nor-this', apt: 'nothing' },
      ],
    }));
  const plans = [{ name: 'shop', engine: 'postgres.pgbackrest' }];
  assert.equal(engines.length, 1);
  assert.deepEqual(
    ofEngines(plans, [{ engines }]).map(({ subject, remedy }) => [subject, remedy.split(' ').at(-1)]),
    [['backups of shop', 'nothing']],
  );
  assert.match(
    ofEngines(plans, [{ engines }])[0]?.problem ?? '',
    /no-such-program, nor-this are not installed/,
  );
  assert.deepEqual(ofEngines([{ name: 'shop', engine: 'another' }], [{ engines }]), []);
});

test('what two backups of one server lack is said once; advice stays advice', () => {
  const need = { what: 'archive_mode is off', remedy: 'ALTER SYSTEM SET archive_mode = on;' };
  const key = { what: 'a key', remedy: 'keep it', isAdvice: true as const };
  const found = ofBackups([
    { plan: 'shop', ...need },
    { plan: 'copies', ...need },
    { plan: 'shop', ...key },
  ]);
  assert.deepEqual(
    found.map(({ subject, isAdvice }) => [subject, isAdvice]),
    [
      ['backups of shop, copies', undefined],
      ['backups of shop', true],
    ],
  );
});

test('a grant that several checks lack is said once and names each check that is blind for it', () => {
  const blind = (probe: string, ...grants: string[]) => ({
    ...{ probe, everyMs: 1_000, lastAt: 1, lastMs: 1, ok: true, why: null, detail: '' },
    missing: grants.map((remedy) => ({ metrics: ['*'], reason: `may not see (${remedy})`, remedy })),
  });
  const all = ofTarget({
    name: 'my',
    checks: [
      ...['mysql.activity', 'mysql.locks', 'mysql.schema', 'mysql.engine'].map((probe) =>
        blind(probe, 'GRANT PROCESS'),
      ),
      { ...blind('mysql.accounts', 'GRANT SELECT'), everyMs: 3_600_000, lastAt: 1_000, dueAt: 3_601_000 },
    ],
  });
  assert.deepEqual(
    all.map(({ subject, remedy }) => `${subject}: ${remedy}`),
    [
      'my mysql.activity, mysql.locks, mysql.schema and 1 more: GRANT PROCESS',
      'my mysql.accounts: GRANT SELECT',
    ],
  );
  // A grant of since then shows at the next look only.
  assert.deepEqual(
    all.map(({ looks }) => looks),
    [undefined, { at: 1_000, nextAt: 3_601_000 }],
  );
});
